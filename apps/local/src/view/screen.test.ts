import { describe, expect, it } from 'vitest';
import type { JobPicture } from './job-monitor.js';
import { grouped, lineOf, screenOf, type ScreenInput } from './screen.js';

const NOW = Date.parse('2026-03-01T12:00:10Z');

const job: JobPicture['job'] = {
  id: 'job_1',
  name: 'flight-delays',
  desired: 'running',
  status: 'running',
  statusSince: '2026-03-01T12:00:00.000Z',
  reason: null,
  revision: 1,
  epoch: 3,
  timeline: 1,
  currentRun: { id: 'run_1', runnerId: 'rnr_0198f00000000000000000000000abcd', epoch: 3 },
  lastBatch: null,
  upgrade: null,
  warnings: [],
  version: 4,
  createdAt: '2026-03-01T12:00:00.000Z',
};
const batch: JobPicture['batches'][number] = {
  timeline: 1,
  batchId: 1204,
  batchTime: '2026-03-01T12:00:09.500Z',
  ranges: {},
  skipped: {},
  plannedAt: '2026-03-01T12:00:09.503Z',
  plannedByEpoch: 3,
  runnerId: 'rnr_0198f00000000000000000000000abcd',
  commit: {
    committedAt: '2026-03-01T12:00:09.515Z',
    epoch: 3,
    nextOffsets: {},
    recordsIn: 2000,
    recordsOut: 190,
    recordsSkipped: 0,
    recordsDeadLettered: 0,
    processingMs: 12.3,
    schedulingDelayMs: 2.7,
  },
};
const input: ScreenInput = {
  apiUrl: 'http://127.0.0.1:7070',
  instanceFile: '/data/instance.json',
  picture: { job, batches: [batch], checkpoint: undefined, events: [], records: 2_408_000, recordsPerSecond: 4_000 },
  airports: [{ origin: 'ATL', flights: 12_345, meanDelay: 8.06, recentFlights: 312 }],
  runnerPid: 4711,
  trouble: undefined,
  nowMs: NOW,
};

describe('the live view', () => {
  it('is no wider and no higher than the terminal', () => {
    for (const size of [
      { columns: 20, rows: 5 },
      { columns: 40, rows: 12 },
      { columns: 200, rows: 60 },
    ]) {
      const lines = screenOf(input, size);
      expect(lines.length).toBeLessThanOrEqual(size.rows);
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(size.columns);
    }
  });

  it('shows batch, records, rate, times, checkpoint and runner', () => {
    const text = screenOf(input, { columns: 100, rows: 40 }).join('\n');
    for (const part of [
      '1 204',
      '2 408 000',
      '4 000 records/s',
      '12 ms',
      '3 ms',
      'none yet',
      'process 4711',
      'ATL',
      '8.1 min',
    ]) {
      expect(text).toContain(part);
    }
  });

  it('obeys no control character of an event', () => {
    const events = [{ seq: '1', at: '2026-03-01T12:00:01.000Z', type: 'log', data: { line: '\u001b[2Jgone' } }];
    const text = screenOf({ ...input, picture: { ...input.picture, events } }, { columns: 100, rows: 40 }).join('');
    expect(text).not.toContain('\u001b');
    expect(text).toContain('gone');
  });

  it('is one plain line where there is no terminal', () => {
    expect(lineOf(input)).toBe(
      'flight-delays running · batch 1 204 · 2 408 000 records · 4 000/s · processing 12 ms · delay 3 ms · ' +
        'checkpoint none yet · runner rnr_…00abcd (process 4711)',
    );
  });

  it('says why a job does not run', () => {
    const failed = { ...job, status: 'failed' as const, currentRun: null, reason: { code: 'x', message: 'It threw.' } };
    expect(lineOf({ ...input, picture: { ...input.picture, job: failed } })).toContain('runner none · It threw.');
  });

  it('groups digits by three', () => {
    expect([0, 999, 1000, 1234567].map(grouped)).toEqual(['0', '999', '1 000', '1 234 567']);
  });
});
