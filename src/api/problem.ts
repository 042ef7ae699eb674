/** Every error that the API answers, as JSON. */
export interface ApiError {
  readonly error: { readonly code: string; readonly message: string };
}

/** @param code short and stable, for programs; @param message for people */
export function problem(code: string, message: string): ApiError {
  return { error: { code, message } };
}
