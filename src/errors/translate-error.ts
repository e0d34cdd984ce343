/** Runs something; what it throws is thrown as `translate` tells it. */
export function translateError<Result>(run: () => Result, translate: (cause: unknown) => unknown): Result {
  try {
    return run();
  } catch (cause) {
    throw translate(cause);
  }
}
