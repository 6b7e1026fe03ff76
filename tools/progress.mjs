// One line that says what is going on: rewritten in place on a terminal, repeated now and then elsewhere.

const REPEAT_MS = 15_000;

/**
 * Shows `what` with the seconds gone until `work` settles, then how long it took; on failure nothing more, the error tells.
 * @template T
 * @param {string} what
 * @param {() => Promise<T>} work
 * @param {{ quiet?: boolean, out?: NodeJS.WriteStream }} [options]
 * @returns {Promise<T>}
 */
export async function withProgress(what, work, { quiet = false, out = process.stderr } = {}) {
  if (quiet) return work();
  const startedAt = Date.now();
  const seconds = () => ((Date.now() - startedAt) / 1000).toFixed(out.isTTY ? 0 : 1);
  const draw = () => out.write(out.isTTY ? `\r\u001b[2K  ${what} … ${seconds()} s` : `  ${what} … ${seconds()} s\n`);
  if (out.isTTY) draw();
  else out.write(`  ${what} …\n`);
  const timer = setInterval(draw, out.isTTY ? 200 : REPEAT_MS);
  try {
    const result = await work();
    clearInterval(timer);
    out.write(`${out.isTTY ? '\r\u001b[2K' : ''}  ${what}: ${((Date.now() - startedAt) / 1000).toFixed(1)} s\n`);
    return result;
  } catch (error) {
    if (out.isTTY) out.write('\r\u001b[2K');
    throw error;
  } finally {
    clearInterval(timer);
  }
}
