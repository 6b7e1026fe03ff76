import { env } from 'node:process';
import { expect, it } from 'vitest';
import { shrink, tell } from '../shrink.js';
import { scriptOf, simulate } from '../simulate.js';

const SEEDS = env['TIDEMARK_NIGHTLY'] === undefined ? 6_000 : 1_000_000;
/** Of one core, for half of them. Whatever else the machine does, this much is what the histories take. */
const CPU_MS_MAX = 60_000;
const TIMEOUT_MS = 12 * 3_600_000;
const TOLD_EVERY = 50_000;

/** Fails with the history of a seed that breaks something. */
export async function mustHold(seed: number): Promise<void> {
  const history = await simulate(scriptOf(seed));
  if (history.broken !== undefined) expect.fail(tell(seed, history, await shrink(history)));
}

/** The test of one half of all seeds: the halves run side by side, each in a process of its own. */
export function testHalf(half: 'first' | 'second'): void {
  const from = half === 'first' ? 0 : SEEDS / 2;
  it(
    `F12: holds in every history of the ${half} half, whatever dies, is late, comes twice, fails, or is ordered meanwhile`,
    async () => {
      const before = process.cpuUsage();
      for (let seed = from; seed < from + SEEDS / 2; seed += 1) {
        await mustHold(seed);
        if (seed > from && seed % TOLD_EVERY === 0) console.log(`${seed - from} histories`);
      }
      const { user, system } = process.cpuUsage(before);
      const cpuMs = Math.round((user + system) / 1_000);
      console.log(`${SEEDS / 2} histories in ${cpuMs} ms of one core`);
      if (SEEDS <= 6_000) expect(cpuMs).toBeLessThanOrEqual(CPU_MS_MAX);
    },
    TIMEOUT_MS,
  );
}
