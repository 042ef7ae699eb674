/** A file that cannot be read as a tape or made into one. The message names file, row and reason. */
export class TapeError extends Error {
  override readonly name = 'TapeError';
  readonly file: string;

  constructor(file: string, reason: string) {
    super(`${file}: ${reason}`);
    this.file = file;
  }
}
