/**
 * A file of a model that is not what it should be. The message names file, field, value and what was expected. By itself,
 * because every model's thread loads it, and nothing else of the cards.
 */
export class ModelFileError extends Error {
  override readonly name = 'ModelFileError';
}
