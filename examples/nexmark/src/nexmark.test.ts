import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compare } from './compare.js';
import { EVENT_TYPES, sideTable, type NexmarkEvent } from './events.js';
import { generate, GENERATOR_DEFAULTS } from './generator.js';
import { COVERED_QUERIES } from './queries.js';
import { answer } from './testing/answers.js';
import { EDGE_EVENTS } from './testing/edge-events.js';
import { diesHalfWay, inBatches, runQuery } from './testing/run-query.js';

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
