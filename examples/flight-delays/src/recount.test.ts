import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recount, type Recount } from './recount.js';

const START = 1_000_000_000_000;

const LINES = [
  { date: '2001-01-01T00:01', delay: 10, distance: 1, origin: 'AAA', destination: 'BBB' },
  { date: '2001-01-01T00:02', delay: -2, distance: 1, origin: 'AAA', destination: 'BBB' },
  { date: '2001-01-01T00:03', delay: 5, distance: 1, origin: 'BBB', destination: 'AAA' },
  { date: '2001-01-01T00:04', delay: 1, distance: 1, origin: 'AAA', destination: 'BBB' },
  { date: '2001-01-01T00:05', delay: 7, distance: 1, origin: 'BBB', destination: 'AAA' },
].map((flight) => `${JSON.stringify(flight)}\n`);

/** Batch 3 comes after ten seconds of silence, so eleven windows ended in between; nine of them hold flights. */
const BATCHES = [
  { batchId: 1, afterMs: 500, lines: 3 },
  { batchId: 2, afterMs: 1_000, lines: 1 },
  { batchId: 3, afterMs: 12_500, lines: 1 },
];
const total = (origin: string, flights: number, delayMinutes: number, meanDelay: number): object => ({
  origin,
  flights,
  delayMinutes,
  meanDelay,
});
const windowRows = (endMs: number): readonly object[] => [
  { windowEndMs: START + endMs, origin: 'AAA', flights: 3, delayMinutes: 9 },
  { windowEndMs: START + endMs, origin: 'BBB', flights: 1, delayMinutes: 5 },
];
const DELAYS = [[total('AAA', 2, 8, 4), total('BBB', 1, 5, 5)], [total('AAA', 3, 9, 3)], [total('BBB', 2, 12, 6)]];
const RECENT = [[], windowRows(1_000), [2, 3, 4, 5, 6, 7, 8, 9, 10].flatMap((second) => windowRows(second * 1_000))];

describe('the recount', () => {
  let filesDir: string;
  let server: Server;
  let answers: {
    timeline: number;
    batchId: number;
    batchTime: string;
    ranges: object;
    commit: { recordsIn: number } | null;
  }[];

  beforeEach(async () => {
    filesDir = await mkdtemp(join(tmpdir(), 'tidemark-recount-'));
    await mkdir(join(filesDir, 'flights'));
    await writeFile(join(filesDir, 'flights', 'flights-0001.jsonl'), LINES.join(''));
    answers = batchAnswers();
    for (const [index, { batchId }] of BATCHES.entries()) {
      await writePart('delays', batchId, DELAYS[index] ?? []);
      await writePart('recent', batchId, RECENT[index] ?? []);
    }
    server = createServer((request, response) => {
      // Newest first, one batch a page.
      const newestFirst = [...answers].reverse();
      const after = new URL(request.url ?? '', 'http://localhost').searchParams.get('after');
      const at = after === null ? 0 : newestFirst.findIndex(({ batchId }) => String(batchId) === after) + 1;
      const item = newestFirst[at];
      const next = at + 1 < newestFirst.length ? String(item?.batchId) : null;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ items: item === undefined ? [] : [item], next }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(async () => {
    server.close();
    await rm(filesDir, { recursive: true });
  });

  const count = (): Promise<Recount> =>
    recount({
      apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      key: 'k',
      jobId: 'job_1',
      filesDir,
    });

  const writePart = async (sink: string, batchId: number, rows: readonly object[]): Promise<void> => {
    if (rows.length === 0) return;
    const folder = join(filesDir, 'flight-delays', sink);
    const name = `b${String(batchId).padStart(10, '0')}`;
    const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    const entry = {
      timeline: 1,
      batchId,
      batchTimeMs: START + (BATCHES[batchId - 1]?.afterMs ?? 0),
      rows: rows.length,
      bytes: text.length,
      file: `t1/part-${name}.jsonl`,
      sha256: createHash('sha256').update(text).digest('hex'),
    };
    await mkdir(join(folder, 't1'), { recursive: true });
    await mkdir(join(folder, '_commits'), { recursive: true });
    await writeFile(join(folder, 't1', `part-${name}.jsonl`), text);
    await writeFile(join(folder, '_commits', `t1-${name}.json`), JSON.stringify(entry));
  };
  const pathIn = (sink: string, ...path: readonly string[]): string => join(filesDir, 'flight-delays', sink, ...path);

  it('agrees with what is right', async () => {
    expect(await count()).toEqual({
      ok: true,
      checked: { batches: 3, flights: 5, airports: 2, windows: 10, rows: 24 },
      differences: [],
    });
  });

  it('leaves out a batch that is not committed yet, also where its output is there', async () => {
    answers[2] = { ...(answers[2] ?? answers[0]!), commit: null };
    expect(await count()).toMatchObject({ ok: true, checked: { batches: 2, flights: 4 } });
  });

  it('finds a wrong number', async () => {
    await writePart('delays', 2, [total('AAA', 4, 9, 3)]);
    expect((await count()).differences).toEqual([expect.stringContaining('"flights":4')]);
  });

  it('finds a row that is missing, and one that is there twice', async () => {
    await writePart('recent', 2, [windowRows(1_000)[0] ?? {}, windowRows(1_000)[0] ?? {}]);
    expect((await count()).differences).toEqual([
      expect.stringContaining(`has a row for AAA until ${START + 1_000} twice`),
      expect.stringContaining(`lacks the row for BBB until ${START + 1_000}`),
    ]);
  });

  it('finds a batch whose output is missing', async () => {
    await rm(pathIn('delays', '_commits', 't1-b0000000002.json'));
    const { differences } = await count();
    expect(differences[0]).toContain('batch 2 wrote nothing; 1 rows are missing');
    expect(differences[1]).toContain('which its commit log does not name');
  });

  it('finds output that differs from its commit log', async () => {
    const path = pathIn('delays', 't1', 'part-b0000000001.jsonl');
    await writeFile(path, (await readFile(path, 'utf8')).replace('"meanDelay":4', '"meanDelay": 4'));
    expect((await count()).differences).toHaveLength(2);
  });

  it('finds bytes that were read twice, and bytes that no batch has read', async () => {
    answers[1] = { ...(answers[1] ?? answers[0]!), ranges: rangesOf(2, 2) };
    expect((await count()).differences.filter((difference) => difference.includes('reads flights-0001'))).toHaveLength(
      1,
    );
    answers[1] = { ...answers[1], ranges: rangesOf(4, 1) };
    expect((await count()).differences.filter((difference) => difference.includes('reads flights-0001'))).toHaveLength(
      2,
    );
  });

  it('finds a batch that is missing', async () => {
    answers.splice(1, 1);
    expect((await count()).differences).toContain('batch 3 stands where batch 2 belongs');
  });
});

const rangesOf = (firstLine: number, lines: number): object => {
  const bytes = (upTo: number): number => LINES.slice(0, upTo).join('').length;
  return { flights: { 'flights-0001.jsonl': { from: bytes(firstLine), to: bytes(firstLine + lines) } } };
};

function batchAnswers(): {
  timeline: number;
  batchId: number;
  batchTime: string;
  ranges: object;
  commit: { recordsIn: number };
}[] {
  let line = 0;
  return BATCHES.map(({ batchId, afterMs, lines }) => {
    const ranges = rangesOf(line, lines);
    line += lines;
    return {
      timeline: 1,
      batchId,
      batchTime: new Date(START + afterMs).toISOString(),
      ranges,
      commit: { recordsIn: lines },
    };
  });
}
