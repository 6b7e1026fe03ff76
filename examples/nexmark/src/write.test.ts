import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answer } from './duckdb/answers.js';
import { EVENT_TYPES, sideTable, SIDE_ROWS, type EventType } from './events.js';
import { generate, GENERATOR_DEFAULTS } from './generator.js';
import { writeClosingEvents, writeEvents } from './write.js';

describe('writing events', () => {
  const options = { ...GENERATOR_DEFAULTS, events: 5_000 };
  let into: string;
  beforeEach(async () => {
    into = await mkdtemp(join(tmpdir(), 'tidemark-nexmark-'));
  });
  afterEach(() => rm(into, { recursive: true }));

  it('puts each kind into a folder, in the order of generation over the names of its files', async () => {
    expect(await writeEvents({ ...options, into, eventsPerFile: 1_000 })).toEqual({
      outcome: 'written',
      events: { person: 100, auction: 300, bid: 4_600 },
    });
    const events = [...generate(options)];
    for (const type of EVENT_TYPES) {
      expect(await linesOf(type)).toEqual(
        events.filter((event) => event.type === type).map(({ value }) => JSON.stringify(value)),
      );
    }
    expect(await readdir(join(into, 'bid'))).toEqual([1, 2, 3, 4, 5].map((file) => `bid-00000${file}.jsonl`));
    expect(await readdir(join(into, 'person'))).toEqual(['person-000001.jsonl']);
  });

  it('fills files to the line', async () => {
    await writeEvents({ ...options, into, eventsPerFile: 100 });
    expect(await readdir(join(into, 'person'))).toEqual(['person-000001.jsonl']);
    expect(await readdir(join(into, 'auction'))).toHaveLength(3);
    expect(await linesOf('person')).toHaveLength(100);
  });

  it('writes the side table with the events', async () => {
    await writeEvents({ ...options, into });
    const side = (await readFile(join(into, 'side', 'side-000001.jsonl'), 'utf8')).trimEnd().split('\n');
    expect(side).toHaveLength(SIDE_ROWS);
    expect(side.map((line) => JSON.parse(line))).toEqual([...sideTable()]);
  });

  it('does not mix with what is there already', async () => {
    await writeEvents({ ...options, into });
    expect(await writeEvents({ ...options, seed: 7, into })).toEqual({ outcome: 'not_empty' });
    expect(await linesOf('bid')).toHaveLength(4_600);
  });

  it('closes each kind with an event that jobs read last and DuckDB does not see', async () => {
    await writeEvents({ ...options, into });
    const before = await answer('q15', into);
    await writeClosingEvents(into);
    for (const type of EVENT_TYPES) {
      const lines = await linesOf(type);
      const times = lines.map((line) => (JSON.parse(line) as { readonly dateTime: number }).dateTime);
      const last = times.pop() ?? 0;
      expect(last - Math.max(...times)).toBeGreaterThan(options.outOfOrderMs + 10_000);
    }
    expect(await answer('q15', into)).toEqual(before);
  });

  async function linesOf(type: EventType): Promise<string[]> {
    const names = (await readdir(join(into, type))).sort();
    const texts = await Promise.all(names.map((name) => readFile(join(into, type, name), 'utf8')));
    return texts.join('').trimEnd().split('\n');
  }
});
