import { defineJob, files, socket, toLog, type JobBuilder, type JobSettings } from '@tidemark/streams';
import { describe, expect, it } from 'vitest';
import { testJob } from './index.js';

interface Reading {
  readonly key: string;
  readonly value: number;
}

const aJob = (build: (job: JobBuilder) => void, options: Partial<JobSettings> = {}) =>
  defineJob({ name: 'test', batchInterval: '1 s', ...options }, build);

const readings = (job: JobBuilder) => job.source('in', files<Reading>({ path: 'in' }));

/** The sum of each key so far. */
const totals = aJob((job) => {
  readings(job)
    .keyBy('key')
    .fold('totals', { initial: 0, fold: (sum: number, { value }) => sum + value })
    .map(([key, sum]) => ({ key, sum }))
    .to('out', toLog());
});

describe('input and output', () => {
  it('gives each batch what was added since the last one', async () => {
    const job = testJob(totals);
    job.add('in', [{ key: 'a', value: 1 }]);
    job.add('in', [{ key: 'a', value: 2 }]);
    expect(await job.batch()).toEqual({ out: [{ key: 'a', sum: 3 }] });
    expect(await job.batch()).toEqual({ out: [] });
    job.add('in', '{"key":"b","value":5}\n{"key":"a","value":1}\n');
    expect(await job.batch()).toEqual({
      out: [
        { key: 'b', sum: 5 },
        { key: 'a', sum: 4 },
      ],
    });
    expect(job.rows('out')).toHaveLength(3);
  });

  it('takes lines for a source of lines', async () => {
    const job = testJob(
      aJob((job) => {
        job.source('lines', socket({ host: 'localhost', port: 9 })).to('out', toLog());
      }),
    );
    job.add('lines', ['to be', '']);
    job.add('lines', 'or not\nto be');
    expect(await job.batch()).toEqual({ out: ['to be', '', 'or not', 'to be'] });
    expect(() => {
      job.add('lines', [{ no: 'line' }]);
    }).toThrow('The records of "lines" are lines');
    expect(() => {
      job.add('lines', ['two\nlines']);
    }).toThrow('strings without a newline');
  });

  it('names what there is when a name is wrong', async () => {
    const job = testJob(totals);
    expect(() => {
      job.add('into', []);
    }).toThrow('The job has no source "into"; it has: in.');
    expect(() => job.rows('outs')).toThrow('The job has no sink "outs"; it has: out.');
    await expect(job.state('total')).rejects.toThrow('no operator with state "total"; it has: totals.');
  });

  it('counts unreadable records and goes on, or fails, as the job says', async () => {
    const skipping = testJob(
      aJob(
        (job) => {
          readings(job).to('out', toLog());
        },
        { poison: 'skip' },
      ),
    );
    skipping.add('in', '{"key":"a","value":1}\n{"key":\n');
    expect(await skipping.batch()).toEqual({ out: [{ key: 'a', value: 1 }] });
    expect(skipping.skipped).toEqual([{ source: 'in', record: 1, reason: expect.any(String) }]);
    expect(skipping.skippedCount).toBe(1);

    const failing = testJob(totals);
    failing.add('in', 'nonsense');
    await expect(failing.batch()).rejects.toMatchObject({ code: 'record_unreadable' });
    await expect(failing.batch()).rejects.toMatchObject({ code: 'record_unreadable' });
  });

  it('refuses a definition that the service would refuse, with its place', () => {
    const noSink = aJob((job) => {
      readings(job);
    });
    expect(() => testJob(noSink)).toThrow('the job has no sink');
    const noUid = aJob((job) => {
      readings(job).to('', toLog());
    });
    expect(() => testJob(noUid)).toThrow(/test-job\.test\.ts:\d+:\d+/);
  });

  it('refuses a call while another one runs', async () => {
    const job = testJob(totals);
    const first = job.batch();
    await expect(job.batch()).rejects.toThrow('await it first');
    expect(() => {
      job.add('in', []);
    }).toThrow('await it first');
    await first;
    await job.batch();
  });
});

describe('time', () => {
  const times = aJob((job) => {
    readings(job)
      .map(({ key }, { batchTimeMs }) => ({ key, batchTimeMs }))
      .to('out', toLog());
  });

  it('stands still until it is moved, and batches lie on the ticks of the interval', async () => {
    const job = testJob(times, { startMs: 10_300 });
    expect(job.nowMs).toBe(10_300);
    job.add('in', [{ key: 'a', value: 0 }]);
    expect(await job.batch()).toEqual({ out: [{ key: 'a', batchTimeMs: 10_000 }] });
    job.advance('5 s');
    job.add('in', [{ key: 'b', value: 0 }]);
    expect(await job.batch()).toEqual({ out: [{ key: 'b', batchTimeMs: 15_000 }] });
    job.add('in', [{ key: 'c', value: 0 }]);
    expect(await job.batch()).toEqual({ out: [{ key: 'c', batchTimeMs: 16_000 }] });
    expect(job.nowMs).toBe(16_000);
  });

  it('runs a batch at every tick on the way if it is told so', async () => {
    const ticks = aJob((job) => {
      readings(job)
        .keyBy('key')
        .reduceByKeyAndWindow('recent', { window: '2 s', slide: '1 s', reduce: (a) => a })
        .map((_row, { windowEndMs }) => windowEndMs)
        .to('out', toLog());
    });
    const job = testJob(ticks, { startMs: 10_000 });
    job.add('in', [{ key: 'a', value: 0 }]);
    expect(await job.advance('3500 ms', { batches: true })).toEqual({ out: [10_000, 11_000] });
    expect(job.nowMs).toBe(13_500);
    expect(() => {
      job.advance('soon');
    }).toThrow('"soon" is no duration');
  });

  it("is the batch's for the code of the job, with random numbers that the seed decides", async () => {
    const define = () =>
      aJob((job) => {
        readings(job)
          .keyBy(() => 'all')
          .updateStateByKey('last', () => [Date.now(), new Date().getTime(), Math.random()])
          .map(([, state]) => [...state, Math.random()])
          .to('out', toLog());
      });
    const run = async (seed?: string): Promise<readonly unknown[]> => {
      const job = testJob(define(), { startMs: 5_000, ...(seed === undefined ? {} : { seed }) });
      job.add('in', [{ key: 'a', value: 0 }]);
      return (await job.batch())['out']?.[0] as readonly unknown[];
    };
    const first = await run();
    expect(first.slice(0, 2)).toEqual([5_000, 5_000]);
    expect(first[2]).not.toBe(first[3]);
    expect(await run()).toEqual(first);
    expect(await run('another')).not.toEqual(first);
  });
});

describe('the globals', () => {
  const using = (code: () => unknown) =>
    testJob(
      aJob((job) => {
        readings(job)
          .map(() => code())
          .to('out', toLog());
      }),
    );

  it.each([
    ['setTimeout', () => setTimeout(() => 1, 0), 'the code of a job runs to its end within a batch'],
    ['fetch', () => fetch('http://localhost'), 'a job reads through its sources and writes through its sinks'],
    ['performance', () => performance.now(), "Date.now() gives the batch's time"],
    ['crypto', () => crypto.randomUUID(), 'Math.random() gives numbers'],
    ['process', () => process.pid, 'runs without Node'],
    ['structuredClone', () => structuredClone({}), 'nothing of Node or of a browser'],
  ])('lack %s, as in the sandbox', async (name, code, why) => {
    const job = using(code);
    job.add('in', [{ key: 'a', value: 0 }]);
    const failed = job.batch();
    await expect(failed).rejects.toMatchObject({ code: 'job_code_threw' });
    await expect(failed).rejects.toThrow(`${name} is not available: `);
    await expect(failed).rejects.toThrow(why);
  });

  it('are back when the batch is over, also after one that failed', async () => {
    const before = [Date, Math.random, setTimeout, console, process, Object.getOwnPropertyNames(globalThis).sort()];
    const job = using(() => {
      throw new Error('no');
    });
    job.add('in', [{ key: 'a', value: 0 }]);
    await expect(job.batch()).rejects.toMatchObject({ code: 'job_code_threw' });
    const after = [Date, Math.random, setTimeout, console, process, Object.getOwnPropertyNames(globalThis).sort()];
    expect(after).toEqual(before);
    expect(new Date(0).constructor).toBe(Date);
    expect(Math.abs(Date.now() - new Date().getTime())).toBeLessThan(60_000);
  });
});

describe('stop, restart and crash', () => {
  const add = (job: ReturnType<typeof testJob>, key: string, value: number) => {
    job.add('in', [{ key, value }]);
    return job.batch();
  };

  it('goes on from the state of its checkpoint after a restart', async () => {
    const job = testJob(totals);
    await job.restart();
    await add(job, 'a', 1);
    await job.restart();
    await add(job, 'b', 1);
    await job.restart();
    expect(await add(job, 'a', 2)).toEqual({ out: [{ key: 'a', sum: 3 }] });
    expect(await job.state('totals')).toEqual([
      { table: 'state', key: 'a', value: 3 },
      { table: 'state', key: 'b', value: 1 },
    ]);
  });

  it('runs batches since the checkpoint again after a crash, and writes each once', async () => {
    const job = testJob(totals);
    await add(job, 'a', 1);
    await job.checkpoint();
    await add(job, 'a', 2);
    expect(await job.state('totals')).toHaveLength(1);
    await add(job, 'b', 5);
    await job.crash();
    expect(await add(job, 'a', 4)).toEqual({ out: [{ key: 'a', sum: 7 }] });
    expect(job.rows('out')).toEqual([
      { key: 'a', sum: 1 },
      { key: 'a', sum: 3 },
      { key: 'b', sum: 5 },
      { key: 'a', sum: 7 },
    ]);
  });

  it('begins anew after a crash without a checkpoint', async () => {
    const job = testJob(totals);
    await add(job, 'a', 1);
    await job.state('totals');
    await job.crash();
    expect(await add(job, 'a', 1)).toEqual({ out: [{ key: 'a', sum: 2 }] });
    expect(await job.state('totals')).toEqual([{ table: 'state', key: 'a', value: 2 }]);
  });

  it('shows a job that keeps something in a variable', async () => {
    let calls = 0;
    const job = testJob(
      aJob((job) => {
        readings(job)
          .map(() => (calls += 1))
          .to('out', toLog());
      }),
    );
    await add(job, 'a', 1);
    await expect(job.crash()).rejects.toThrow(
      'Batch 1 does not give the same when it runs again. Row 0 of "out" was 1 and is now 2.',
    );
  });

  it('finishes the batch that a crash ended before its commit', async () => {
    let isBroken = true;
    const job = testJob(
      aJob((job) => {
        readings(job)
          .map(({ value }) => {
            if (isBroken) throw new Error('broken');
            return value;
          })
          .to('out', toLog());
      }),
    );
    await expect(add(job, 'a', 7)).rejects.toThrow('broken');
    isBroken = false;
    await expect(job.batch()).rejects.toThrow('broken');
    await job.crash();
    expect(job.rows('out')).toEqual([7]);
    expect(await job.batch()).toEqual({ out: [] });
  });

  it('moves the state of an operator to another uid, and lets go of what is gone, where it is told to', async () => {
    const job = testJob(totals);
    await add(job, 'a', 1);
    const renamed = aJob((job) => {
      readings(job)
        .keyBy('key')
        .fold('sums', { initial: 0, fold: (sum: number, { value }) => sum + value })
        .to('out', toLog());
    });
    await expect(job.restart(renamed)).rejects.toThrow(
      'The state cannot be taken over: "totals" has state in the checkpoint and is not in the job any more.',
    );
    await job.restart(renamed, { renames: { totals: 'sums' } });
    expect(await add(job, 'a', 2)).toEqual({ out: [['a', 3]] });
    await job.crash();
    expect(await job.state('sums')).toHaveLength(1);
    await job.restart(totals, { drops: ['sums'] });
    expect(await add(job, 'a', 5)).toEqual({ out: [{ key: 'a', sum: 5 }] });
  });

  it('hands the state over to another revision, or says why it cannot', async () => {
    const job = testJob(totals);
    await add(job, 'a', 1);
    const revised = aJob((job) => {
      readings(job)
        .keyBy('key')
        .fold('totals', { initial: 0, fold: (sum: number, { value }) => sum + 10 * value })
        .to('out', toLog());
    });
    await job.restart(revised);
    expect(await add(job, 'a', 2)).toEqual({ out: [['a', 21]] });
    const other = aJob((job) => {
      readings(job)
        .keyBy('key')
        .updateStateByKey('totals', (values) => values.length)
        .to('out', toLog());
    });
    await expect(job.restart(other)).rejects.toThrow(
      'The state cannot be taken over: "totals": kind was fold and is now updateStateByKey.',
    );
    expect(await add(job, 'a', 1)).toEqual({ out: [['a', 31]] });
  });
});

describe('event time', () => {
  const newest = aJob((job) => {
    job
      .source('in', files<{ key: string; timeMs: number }>({ path: 'in' }))
      .eventTime('time', { timestamp: 'timeMs', outOfOrderness: '1 s', aheadMax: '1 h' })
      .to('out', toLog());
  });

  it('shows what operators count, each batch once', async () => {
    const job = testJob(newest, { startMs: 0 });
    job.add('in', [{ key: 'far', timeMs: 10_000_000 }]);
    await job.batch();
    await job.crash();
    expect(job.counts('time')).toEqual({ ahead: 1 });
    expect(job.counts('elsewhere')).toEqual({});
  });

  it('adds the record that moves the watermark', async () => {
    const job = testJob(newest, { startMs: 0 });
    expect(await job.closeWindows('in', { key: 'late', timeMs: 60_000 })).toEqual({
      out: [{ key: 'late', timeMs: 60_000 }],
    });
    expect(await job.state('time')).toEqual([{ table: 'state', key: null, value: { newestMs: 60_000, lastRowMs: 0 } }]);
  });
});
