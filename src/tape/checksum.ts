/** Stands in the metadata of a schema for the checksum of the record batches that are yet to be written, in as many characters. */
export const CHECKSUM_TO_COME = '--crc32-';

/** What to say of a tape whose record batches have another checksum. */
export const DAMAGED =
  'its bytes are not those that were written with its CRC-32: import it anew; or drop flashmm.crc32 from the metadata of what another program wrote';
