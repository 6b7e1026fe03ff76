import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testJob, type TestJob } from '@tidemark/streams/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closingEvents } from './closing-events.js';
import { compare, type Row } from './compare.js';
import { EVENT_TYPES, sideTable, type EventType, type NexmarkEvent } from './events.js';
import { generate, GENERATOR_DEFAULTS } from './generator.js';
import { Random } from './generator/random.js';
import { JOBS, keepsTime } from './jobs/index.js';
import { COVERED_QUERIES, type CoveredQueryId } from './queries.js';
import { answer } from './duckdb/answers.js';
import { EDGE_EVENTS } from './testing/edge-events.js';

interface Run {
  readonly events: readonly NexmarkEvent[];
  readonly batchMax: number;
}

const generated = (options: Partial<typeof GENERATOR_DEFAULTS>): readonly NexmarkEvent[] => [
  ...generate({ ...GENERATOR_DEFAULTS, ...options }),
];

const runs: { readonly [name: string]: Run } = {
  // 100 seconds over midnight: ten windows, sessions that end, two days.
  '20,000 generated events': {
    events: generated({ events: 20_000, eventsPerSecond: 200, startMs: Date.UTC(2015, 6, 14, 23, 59, 10) }),
    batchMax: 3_000,
  },
  'events of which many share a millisecond': {
    events: generated({ events: 3_000, outOfOrderMs: 100, seed: 7 }),
    batchMax: 500,
  },
  'events on the edges of auctions, windows and sessions': {
    events: EVENT_TYPES.flatMap((type) => EDGE_EVENTS[type].map((value) => ({ type, value }) as NexmarkEvent)),
    // Out of order as these are, a watermark between them would make some late.
    batchMax: 1_000,
  },
};

describe.each(Object.entries(runs))('over %s', (_name, { events, batchMax }) => {
  const batches = inBatches(events, batchMax);
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tidemark-nexmark-'));
    for (const type of EVENT_TYPES) {
      await writeLines(
        type,
        events.flatMap((event) => (event.type === type ? [event.value] : [])),
      );
    }
    await writeLines('side', [...sideTable()]);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each(COVERED_QUERIES)(
    'the job of %s writes what DuckDB answers, and the same rows in the same order when it dies half way',
    async (id) => {
      const rows = await runQuery(id, batches);
      expect(compare(id, rows, await answer(id, folder))).toMatchObject({ equal: true, missing: [], unexpected: [] });
      expect(JSON.stringify(await runQuery(id, batches, diesHalfWay(batches.length)))).toBe(JSON.stringify(rows));
    },
  );

  async function writeLines(name: string, rows: readonly object[]): Promise<void> {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, '1.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  }
});

/** What a test does to a job after its batches, by their number from 1. */
type Disturbance = (job: TestJob, batch: number) => Promise<void>;

const SOURCES: { readonly [T in EventType]: string } = { person: 'people', auction: 'auctions', bid: 'bids' };

/** All rows that a query's job writes about events, which come to it in these batches, and then the closing events. */
async function runQuery(
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
    for (const type of EVENT_TYPES) {
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
function inBatches(events: readonly NexmarkEvent[], sizeMax: number): readonly (readonly NexmarkEvent[])[] {
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
function diesHalfWay(batches: number): Disturbance {
  const random = new Random(batches, 1);
  const middle = Math.ceil(batches / 3) + random.below(Math.ceil(batches / 3));
  return async (job, batch) => {
    if (batch < middle && (batch === 1 || random.below(2) === 0)) await job.checkpoint();
    if (batch === middle) await job.crash();
    if (batch === middle + 2) await job.restart();
  };
}
