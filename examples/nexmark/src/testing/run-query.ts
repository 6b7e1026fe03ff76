import { testJob, type TestJob } from '@tidemark/streams/testing';
import { closingEvents } from '../closing-events.js';
import type { Row } from '../compare.js';
import { sideTable, type EventType, type NexmarkEvent } from '../events.js';
import { Random } from '../generator/random.js';
import { JOBS, keepsTime } from '../jobs/index.js';
import type { CoveredQueryId } from '../queries.js';

/** What a test does to a job after its batches, by their number from 1. */
export type Disturbance = (job: TestJob, batch: number) => Promise<void>;

const SOURCES: { readonly [T in EventType]: string } = { person: 'people', auction: 'auctions', bid: 'bids' };

/** All rows that a query's job writes about events, which come to it in these batches, and then the closing events. */
export async function runQuery(
  id: CoveredQueryId,
  batches: readonly (readonly NexmarkEvent[])[],
  disturb: Disturbance = () => Promise.resolve(),
): Promise<readonly Row[]> {
  const job = testJob(JOBS[id]);
  const sources = new Set(JOBS[id].nodes.flatMap(({ kind, uid }) => (kind === 'source' ? [uid] : [])));
  if (sources.has('side')) job.add('side', [...sideTable()]);
  const last = batches.flat().reduce((max, { value: { dateTime } }) => Math.max(max, dateTime), 0);
  const all = keepsTime(id) ? [...batches, closingEvents(last)] : batches;
  for (const [index, events] of all.entries()) {
    for (const type of ['person', 'auction', 'bid'] as const) {
      if (!sources.has(SOURCES[type])) continue;
      job.add(
        SOURCES[type],
        events.flatMap((event) => (event.type === type ? [event.value] : [])),
      );
    }
    await job.batch();
    await disturb(job, index + 1);
  }
  return job.rows('rows') as readonly Row[];
}

/** Cuts a run into batches of random sizes. */
export function inBatches(events: readonly NexmarkEvent[], sizeMax: number): readonly (readonly NexmarkEvent[])[] {
  const random = new Random(events.length, sizeMax);
  const batches: (readonly NexmarkEvent[])[] = [];
  for (let from = 0; from < events.length;) {
    const size = 1 + random.below(sizeMax);
    batches.push(events.slice(from, from + size));
    from += size;
  }
  return batches;
}

/**
 * Checkpoints after some of the batches before the middle: one is whole, the others hold what has changed since. Then the job
 * dies and goes on from the last of them; later it is stopped and started once more.
 */
export function diesHalfWay(batches: number): Disturbance {
  const random = new Random(batches, 1);
  const middle = Math.ceil(batches / 3) + random.below(Math.ceil(batches / 3));
  return async (job, batch) => {
    if (batch < middle && (batch === 1 || random.below(2) === 0)) await job.checkpoint();
    if (batch === middle) await job.crash();
    if (batch === middle + 2) await job.restart();
  };
}
