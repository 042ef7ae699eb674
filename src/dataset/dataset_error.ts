/** What a dataset was to be made of, or what was to be read as one, is not as expected. The message names it and says why. */
export class DatasetError extends Error {
  override readonly name = 'DatasetError';
}
