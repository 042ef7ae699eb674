/** A file that cannot be read as a tape or made into one. The message names file, row and reason. */
export class TapeError extends Error {
  override readonly name = 'TapeError';
  readonly file: string;
  /** Whether an import that repairs goes on here. */
  readonly mendable: boolean;

  constructor(file: string, reason: string, mendable = false) {
    super(`${file}: ${reason}`);
    this.file = file;
    this.mendable = mendable;
  }
}
