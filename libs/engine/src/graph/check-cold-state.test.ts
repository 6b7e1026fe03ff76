import { count, type JobBuilder, type KeyedStream } from '@tidemark/streams';
import { describe, expect, it } from 'vitest';
import { checkDefinition } from './check-definition.js';
import { createInProcessGraph } from './in-process-graph.js';
import { aBatch, aJob, input, restoredFrom, textBatch, toOut, type Build } from './testing/run-job.js';

interface Row {
  readonly k: string;
  readonly t: number;
}

const keyed = (job: JobBuilder): KeyedStream<string, Row> => input<Row>(job).keyBy('k');
const figures = { n: count() };

function reasonsOf(build: Build): readonly string[] {
  const checked = checkDefinition(aJob(build));
  if (checked.outcome === 'valid') return [];
  return checked.problems.map(({ params }) => ('reason' in params ? params.reason : JSON.stringify(params)));
}

it.each<[what: string, build: Build, reason: string]>([
  [
    'fewer rows than none',
    (job) => {
      keyed(job).aggregate('s', figures, { rowsInMemory: -1 }).to('out', toOut);
    },
    'the rowsInMemory of aggregate must be a whole number from 0',
  ],
  [
    'a ttl',
    (job) => {
      keyed(job)
        .aggregate('s', figures, { rowsInMemory: 1, ttl: { after: '1 h' } })
        .to('out', toOut);
    },
    'leave out the ttl or rowsInMemory',
  ],
  [
    'a timeout',
    (job) => {
      keyed(job)
        .mapWithState('s', { update: () => 1, timeout: '1 h', rowsInMemory: 1 })
        .to('out', toOut);
    },
    'leave out the timeout or rowsInMemory',
  ],
  [
    'visits of all keys',
    (job) => {
      keyed(job)
        .updateStateByKey('s', () => 1, { visit: 'all', rowsInMemory: 1 })
        .to('out', toOut);
    },
    'leave out the visit "all" or rowsInMemory',
  ],
  [
    'an operator with timers',
    (job) => {
      keyed(job)
        .process('s', { state: {}, onRecord: () => undefined, rowsInMemory: 1 })
        .to('out', toOut);
    },
    'process keeps all of its rows in memory: leave rowsInMemory out',
  ],
  [
    'keys that another operator makes while the batch runs',
    (job) => {
      keyed(job)
        .aggregate('first', figures)
        .map(([key, { n }]) => ({ key, n }))
        .keyBy('n')
        .aggregate('s', figures, { rowsInMemory: 1 })
        .to('out', toOut);
    },
    'aggregate "first" before it makes rows only while it runs',
  ],
  [
    'keys of a window, in one of several streams',
    (job) => {
      const rows = keyed(job);
      const windows = rows.window('w', { window: '1 s', slide: '1 s' });
      rows.union(windows).aggregate('s', figures, { rowsInMemory: 1 }).to('out', toOut);
    },
    'window "w" before it makes rows only while it runs',
  ],
])('state that is larger than memory is refused with %s', (_, build, reason) => {
  expect(reasonsOf(build)).toEqual([expect.stringContaining(reason)]);
});

describe('state that is larger than memory', () => {
  const aggregated =
    (keyOf: (row: Row) => string, rowsInMemory = 0, keysMax?: number): Build =>
    (job) => {
      input<Row>(job)
        .keyBy(keyOf)
        .aggregate('s', figures, { rowsInMemory, ...(keysMax === undefined ? {} : { keysMax }) })
        .to('out', toOut);
    };
  const ofKeys = (batchId: number, ...keys: readonly string[]) =>
    aBatch(batchId, { timeMs: batchId * 1_000, records: keys.map((k) => ({ k, t: 0 })) });

  it('fails a job whose keys come out otherwise the second time, instead of forgetting what it has', async () => {
    let calls = 0;
    const graph = createInProcessGraph(aJob(aggregated(({ k }) => `${k}${(calls += 1)}`)));
    await graph.run(ofKeys(1, 'a'));
    await expect(graph.run(ofKeys(2, 'a'))).rejects.toMatchObject({
      code: 'job_code_threw',
      params: { reason: expect.stringContaining('the code up to the key runs twice') },
    });
  });

  it('reports what the code up to the key throws, at its record', async () => {
    const throwing = ({ k }: Row): string => {
      if (k === 'bad') throw new Error('a bad key');
      return k;
    };
    const graph = createInProcessGraph(aJob(aggregated(throwing)));
    await graph.run(ofKeys(1, 'a', 'b'));
    await expect(graph.run(ofKeys(2, 'a', 'bad', 'b'))).rejects.toMatchObject({
      code: 'job_code_threw',
      params: { reason: 'a bad key', record: 'in/part@16' },
    });
  });

  it('counts a record that cannot be read once', async () => {
    const graph = createInProcessGraph(
      aJob(
        aggregated(({ k }) => k),
        { poison: 'skip' },
      ),
    );
    await graph.run(ofKeys(1, 'a', 'b'));
    const { recordsIn, recordsSkipped, skipped } = await graph.run(textBatch(2, 2_000, '{"k":"a"}\n{"k"\n{"k":"c"}\n'));
    expect([recordsIn, recordsSkipped, skipped.length]).toEqual([3, 1, 1]);
  });

  it('is held to keysMax with all of its keys, wherever they are', async () => {
    const graph = createInProcessGraph(aJob(aggregated(({ k }) => k, 1, 3)));
    await graph.run(ofKeys(1, 'a', 'b', 'c'));
    await graph.run(ofKeys(2, 'a', 'b', 'c'));
    await expect(graph.run(ofKeys(3, 'a', 'd'))).rejects.toMatchObject({
      code: 'state_over_bound',
      params: { bound: 'keysMax of 3', key: '"d"' },
    });
  });

  it('refuses keys that are too long for the store', async () => {
    const graph = createInProcessGraph(aJob(aggregated(({ k }) => k, 1)));
    await expect(graph.run(ofKeys(1, 'k'.repeat(1_499)))).rejects.toMatchObject({
      code: 'state_over_bound',
      params: { bound: 'key length of 1500 bytes with rowsInMemory' },
    });
  });

  it('refuses such keys of a checkpoint, too, if the option is new', async () => {
    const before = createInProcessGraph(
      aJob((job) => {
        keyed(job).aggregate('s', figures).to('out', toOut);
      }),
    );
    await before.run(ofKeys(1, 'k'.repeat(1_499)));
    await expect(restoredFrom(before, aJob(aggregated(({ k }) => k, 1)))).rejects.toMatchObject({
      code: 'state_over_bound',
      params: { operator: 's' },
    });
  });

  it('is judged when it is restored, not when its rows are needed', async () => {
    const before = createInProcessGraph(aJob(aggregated(({ k }) => k)));
    await before.run(ofKeys(1, 'a', 'b'));
    const snapshot = await before.snapshot('full');
    const after = createInProcessGraph(
      aJob((job) => {
        keyed(job)
          .fold('s', { initial: 0, fold: (n) => n + 1, rowsInMemory: 1 })
          .to('out', toOut);
      }),
    );
    const restoring = async (): Promise<void> => {
      for (let block = await snapshot.next(); block !== undefined; block = await snapshot.next()) {
        await after.restore(block.uid, block.bytes);
      }
    };
    await expect(restoring()).rejects.toMatchObject({ code: 'checkpoint_unreadable' });
  });
});
