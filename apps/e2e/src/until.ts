const LOOK_EVERY_MS = 25;

/** Waits for a fact: calls `look` until it answers something. Throws, naming the fact, after `timeoutMs`. */
export async function until<T>(
  fact: string,
  timeoutMs: number,
  look: () => Promise<T | undefined>,
  everyMs = LOOK_EVERY_MS,
): Promise<T> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (performance.now() > deadlineMs) throw new Error(`After ${timeoutMs} ms it is still not so that ${fact}.`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
