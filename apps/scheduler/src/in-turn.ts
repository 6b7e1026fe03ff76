/**
 * Does all of it, one after the other, and throws at the end what failed: one bad thing must not keep the rest waiting.
 * Ends early, without an error of its own, when `signal` says so.
 */
export async function inTurn<T>(
  items: readonly T[],
  work: (item: T) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const errors: unknown[] = [];
  for (const item of items) {
    if (signal?.aborted === true) break;
    try {
      await work(item);
    } catch (error) {
      errors.push(error);
    }
  }
  throwAll(errors);
}

/** Throws the error, or one that names them all; nothing where there is none. */
export function throwAll(errors: readonly unknown[]): void {
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1) throw new AggregateError(errors, errors.map(String).join('; '));
}
