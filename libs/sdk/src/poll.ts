import { pause } from './http.js';

const WAIT_FIRST_MS = 50;
const WAIT_LONGEST_MS = 500;

/** Asks again and again, less and less often, until an answer is good or the time is up; gives the last one. */
export async function poll<Answer>(
  ask: () => Promise<Answer>,
  isGood: (answer: Answer) => boolean,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
): Promise<{ readonly isThere: boolean; readonly last: Answer }> {
  const untilMs = performance.now() + timeoutMs;
  for (let waitMs = WAIT_FIRST_MS; ; waitMs = Math.min(WAIT_LONGEST_MS, waitMs * 1.5)) {
    signal?.throwIfAborted();
    const last = await ask();
    if (isGood(last)) return { isThere: true, last };
    const leftMs = untilMs - performance.now();
    if (leftMs <= 0) return { isThere: false, last };
    await pause(Math.min(waitMs, leftMs), signal);
  }
}
