/** An endpoint that does not answer must not hold up the end of a process. */
export const CLOSE_MS_MAX = 2_000;

/** Waits for `work`, however it ends, and not for longer than `ms`. */
export async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work.catch(() => undefined), late]);
  clearTimeout(timer);
}
