import type { PartitionRange } from '@tidemark/domain';
import { describe, expect, it } from 'vitest';
import { InMemoryWorld, SimulatedCrash } from './testing/in-memory-world.js';
import { INTERVAL_MS, startRunner, type Variant } from './testing/simulated-job.js';

const RECORDS = 3;
const PIECE = Array.from({ length: RECORDS }, () => ({ key: 'a', value: 1 }));
/** Pieces that the timeline which was left has read; it was left for the place after the first. */
const READ_BEFORE = 3;

/** A job that has gone back, with one more piece that came since. Each batch reads one piece. */
function aJobGoneBack(crashAt?: number) {
  const world = new InMemoryWorld(crashAt);
  const variant: Variant = {
    flow: { downtime: 'skip' },
    chunkByChunk: true,
    begins: {
      ...{ timeline: 2, batchId: 1, batchTimeMs: world.clock.ms, offsets: { readings: { '0': RECORDS } } },
      readBefore: { readings: { '0': READ_BEFORE * RECORDS } },
    },
  };
  for (let piece = 0; piece < READ_BEFORE + 1; piece += 1) world.append(PIECE);
  return { world, variant };
}

/** Starts a run after a downtime, and another one whenever it dies, until one has committed a batch and ended. */
async function runOnceMore({ world, variant }: ReturnType<typeof aJobGoneBack>): Promise<void> {
  for (;;) {
    world.clock.ms += 10 * INTERVAL_MS;
    try {
      const engine = await startRunner(world, variant);
      await engine.runBatch({ planAhead: false, runAhead: false });
      return;
    } catch (error) {
      if (!(error instanceof SimulatedCrash)) throw error;
    }
  }
}

const piecesOf = (range: PartitionRange | undefined) =>
  range === undefined ? undefined : [range.from / RECORDS, range.to / RECORDS];
const piecesIn = ({ plans }: InMemoryWorld) =>
  plans.map(({ ranges, skipped }) => ({
    read: piecesOf(ranges['readings']?.['0']),
    skipped: piecesOf(skipped?.['readings']?.['0']),
  }));
const read = (from: number) => ({ read: [from, from + 1], skipped: undefined });

describe('a job that has gone back and skips what came in a downtime', () => {
  it('reads again what it had read, over as many runs as that takes, and skips only what came after', async () => {
    const job = aJobGoneBack();
    for (let run = 0; run < 3; run += 1) await runOnceMore(job);
    expect(piecesIn(job.world)).toEqual([read(1), read(2), { read: undefined, skipped: [3, 4] }]);
  });

  it('does so wherever a run dies', async () => {
    for (let crashAt = 0; crashAt < 30; crashAt += 1) {
      const job = aJobGoneBack(crashAt);
      while (job.world.plans.length < 3) await runOnceMore(job);
      // A run that finds its last batch open has finished it before its own.
      const [first, second, third, ...empty] = piecesIn(job.world);
      const told = `dying at ${crashAt}`;
      expect([first, second, third], told).toEqual([read(1), read(2), { read: undefined, skipped: [3, 4] }]);
      expect(empty.flatMap((batch) => Object.values(batch)).filter((range) => range !== undefined)).toEqual([]);
    }
  });

  it('skips nothing in its first batch, whose predecessor says nothing of a downtime', async () => {
    const { world, variant } = aJobGoneBack();
    const { begins } = variant;
    if (begins === undefined) throw new Error('It begins nowhere.');
    const forgotten = { ...variant, begins: { ...begins, readBefore: undefined } };
    await runOnceMore({ world, variant: forgotten });
    await runOnceMore({ world, variant: forgotten });
    expect(piecesIn(world)).toEqual([read(1), { read: undefined, skipped: [2, 4] }]);
  });
});
