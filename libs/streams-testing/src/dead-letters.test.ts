import { defineJob, files, toLog } from '@tidemark/streams';
import { describe, expect, it } from 'vitest';
import { testJob } from './index.js';

interface Reading {
  readonly key: string;
  readonly value: number;
}

/** Throws at negative values before they have any effect, and at 13 in the middle of its state. */
const totals = ({ isMended }: { readonly isMended: boolean }) =>
  defineJob({ name: 'test', batchInterval: '1 s', poison: 'dead_letter' }, (job) => {
    job
      .source('in', files<Reading>({ path: 'in' }))
      .filter(({ value }) => {
        if (!isMended && value < 0) throw new Error('negative');
        return true;
      })
      .keyBy('key')
      .fold('totals', {
        initial: 0,
        fold: (sum: number, { value }) => {
          if (!isMended && value === 13) throw new Error('unlucky');
          return sum + value;
        },
      })
      .map(([key, sum]) => ({ key, sum }))
      .to('out', toLog());
  });

const a = (value: number): Reading => ({ key: 'a', value });

describe('dead letters', () => {
  it('hold what the job cannot take, and the rest comes through', async () => {
    const job = testJob(totals({ isMended: false }));
    job.add('in', [a(1)]);
    await job.batch();
    job.add('in', [a(2), a(-1), a(13), a(4)]);
    job.add('in', '{"key":\n');
    expect(await job.batch()).toEqual({ out: [{ key: 'a', sum: 7 }] });
    expect(job.deadLetters).toMatchObject([
      { source: 'in', record: 3, code: 'job_code_threw', reason: expect.stringContaining('unlucky') as string },
      { record: 2, code: 'job_code_threw', reason: expect.stringContaining('negative') as string },
      { record: 5, code: 'record_unreadable', text: '{"key":' },
    ]);

    await job.crash();
    job.add('in', [a(8)]);
    expect(await job.batch()).toEqual({ out: [{ key: 'a', sum: 15 }] });
    expect(job.deadLetters).toHaveLength(3);
  });

  it('are read again once the code is mended', async () => {
    const job = testJob(totals({ isMended: false }));
    job.add('in', [a(-1), a(13), a(4)]);
    job.add('in', 'nonsense\n');
    await job.batch();
    await job.restart(totals({ isMended: true }));
    job.redrive();
    expect(await job.batch()).toEqual({ out: [{ key: 'a', sum: 16 }] });
    expect(job.deadLetters).toMatchObject([{ text: 'nonsense', record: 3 }]);
    expect(await job.batch()).toEqual({ out: [] });
  });

  it('hold the record that made its batch fail without a word about which it was', async () => {
    const definition = defineJob({ name: 'test', batchInterval: '1 s', poison: 'dead_letter' }, (job) => {
      job
        .source('in', files<Reading>({ path: 'in' }))
        .keyBy('key')
        .updateStateByKey('counts', (readings, count: number | undefined) => {
          if (readings.some(({ value }) => value === 13)) throw new Error('unlucky');
          return (count ?? 0) + readings.length;
        })
        .to('out', toLog());
    });
    const job = testJob(definition);
    job.add('in', [a(1), { key: 'b', value: 13 }, a(2), { key: 'c', value: 3 }]);
    expect(await job.batch()).toEqual({
      out: [
        ['a', 2],
        ['c', 1],
      ],
    });
    expect(job.deadLetters).toMatchObject([{ record: 1, code: 'job_code_threw' }]);
  });
});
