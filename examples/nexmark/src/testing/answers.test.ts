import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canonical, compare } from '../compare.js';
import { generate, GENERATOR_DEFAULTS, type GeneratorOptions } from '../generator.js';
import { COVERED_QUERIES, type CoveredQueryId } from '../queries.js';
import { writeEvents } from '../write.js';
import { answer } from '../duckdb/answers.js';
import { NAIVE, type Events } from './naive-model.js';

interface Run {
  readonly options: Partial<GeneratorOptions>;
  /** Queries whose answer has no rows. */
  readonly empty: readonly CoveredQueryId[];
}

const runs: { readonly [name: string]: Run } = {
  // 100 seconds over midnight: ten windows, sessions that end, two days.
  'slow enough for windows and sessions': {
    options: { eventsPerSecond: 200, startMs: Date.UTC(2015, 6, 14, 23, 59, 10) },
    empty: [],
  },
  // 2 seconds: ten events share each millisecond, so that ties decide.
  'so fast that many share a millisecond': { options: { eventsPerSecond: 10_000, outOfOrderMs: 100 }, empty: [] },
  // 27 hours: all times of day. Nobody opens an auction within seconds, because events are 50 seconds apart.
  'spread over more than a day': {
    options: { events: 2_000, eventsPerSecond: 0.02, outOfOrderMs: 3_600_000 },
    empty: ['q8'],
  },
};

describe.each(Object.entries(runs))('DuckDB, asked of events that are %s', (_name, { options, empty }) => {
  const all: GeneratorOptions = { ...GENERATOR_DEFAULTS, events: 20_000, ...options };
  const events = collected(all);
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tidemark-nexmark'"));
    await writeEvents({ ...all, into: folder, eventsPerFile: 7_000 });
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each(COVERED_QUERIES)('answers %s with the rows of a naive model', async (id) => {
    const rows = await answer(id, folder);
    expect(rows.length === 0).toBe(empty.includes(id));
    expect(rows.map(canonical)).toEqual(rows.map(canonical).sort());
    expect(compare(id, NAIVE[id](events), rows)).toEqual({
      equal: true,
      expectedRows: rows.length,
      rows: rows.length,
      missing: [],
      unexpected: [],
    });
  });
});

it('has all times of day in the answer to q14, when the events have', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-nexmark-'));
  try {
    await writeEvents({ ...GENERATOR_DEFAULTS, events: 2_000, eventsPerSecond: 0.02, into: folder });
    const kinds = (await answer('q14', folder)).map((row) => row['bidTimeType']);
    expect([...new Set(kinds)].sort()).toEqual(['dayTime', 'nightTime', 'otherTime']);
  } finally {
    await rm(folder, { recursive: true });
  }
});

function collected(generatorOptions: GeneratorOptions): Events {
  const events = [...generate(generatorOptions)];
  return {
    person: events.flatMap((event) => (event.type === 'person' ? [event.value] : [])),
    auction: events.flatMap((event) => (event.type === 'auction' ? [event.value] : [])),
    bid: events.flatMap((event) => (event.type === 'bid' ? [event.value] : [])),
  };
}
