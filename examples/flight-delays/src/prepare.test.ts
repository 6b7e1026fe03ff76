import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { prepareFlights } from './prepare.js';

describe('preparing the flights', () => {
  let into: string;
  beforeEach(async () => {
    into = await mkdtemp(join(tmpdir(), 'tidemark-flights-'));
  });
  afterEach(() => rm(into, { recursive: true }));

  it('writes real flights in the order of their departure, over several files', async () => {
    expect(await prepareFlights({ into, flights: 2_500, flightsPerFile: 1_000 })).toBe(3);
    expect((await readdir(into)).sort()).toEqual(['flights-0001.jsonl', 'flights-0002.jsonl', 'flights-0003.jsonl']);
    const flights = await flightsIn(into);
    expect(flights).toHaveLength(3_000);
    expect(flights[0]).toEqual({
      date: '2001-01-01T00:01',
      delay: 33,
      distance: 2176,
      origin: 'LAS',
      destination: 'PHL',
    });
    const dates = flights.map(({ date }) => date);
    expect(dates).toEqual([...dates].sort());
    expect(flights.every(({ delay, distance }) => Number.isInteger(delay) && Number.isInteger(distance))).toBe(true);
  });

  it('leaves files that are there alone and adds those that are missing', async () => {
    await prepareFlights({ into, flights: 1_000, flightsPerFile: 1_000 });
    const before = await stat(join(into, 'flights-0001.jsonl'));
    expect(await prepareFlights({ into, flights: 2_000, flightsPerFile: 1_000 })).toBe(1);
    expect((await stat(join(into, 'flights-0001.jsonl'))).mtimeMs).toBe(before.mtimeMs);
    expect(await prepareFlights({ into, flights: 2_000, flightsPerFile: 1_000 })).toBe(0);
  });

  it('removes what a killed one has left half-written', async () => {
    const half = join(into, 'flights-0001.jsonl.1.tmp');
    await writeFile(half, '{"da');
    await utimes(half, 1, 1);
    await prepareFlights({ into, flights: 10, flightsPerFile: 10 });
    expect(await readdir(into)).toEqual(['flights-0001.jsonl']);
  });
});

async function flightsIn(folder: string): Promise<{ date: string; delay: number; distance: number }[]> {
  const texts = await Promise.all((await readdir(folder)).sort().map((name) => readFile(join(folder, name), 'utf8')));
  return texts
    .join('')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { date: string; delay: number; distance: number });
}
