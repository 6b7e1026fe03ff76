import { count, everyCount, session } from '@tidemark/streams';
import { expect, it } from 'vitest';
import { keySlot } from '../../state/key-slot.js';
import { aJob, input, runJob, toOut, type Build, type TestBatch } from '../testing/run-job.js';

interface Row {
  readonly s: 'l' | 'r';
  readonly k: string;
  readonly t: number;
}

/** By slot, then by bytes. */
const inOrder = (keys: readonly string[]): readonly string[] =>
  keys
    .map((key) => ({ key, text: JSON.stringify(key) }))
    .sort((a, b) => keySlot(a.text) - keySlot(b.text) || Buffer.compare(Buffer.from(a.text), Buffer.from(b.text)))
    .map(({ key }) => key);

/** Several for each slot, with characters whose order is another one in UTF-16 than in UTF-8. */
const KEYS = Array.from({ length: 600 }, (_, n) => `${['\u{1f600}', '\uffee', 'k'][n % 3]}${(n * 7) % 600}`);
const rowsAt = (t: number, keys = KEYS): readonly Row[] => keys.map((k) => ({ s: 'l', k, t }));
const later: readonly Row[] = ['l', 'r'].map((s) => ({ s: s as Row['s'], k: 'later', t: 10_000 }));

async function keysOut(build: Build, batches: readonly TestBatch[]): Promise<readonly unknown[]> {
  const outputs = await runJob(() => aJob(build), batches);
  return outputs.flat().filter((key) => key !== 'later');
}

it('is that of the keys behind reduceByKeyAndWindow', async () => {
  const build: Build = (job) => {
    input<Row>(job)
      .keyBy('k')
      .mapValues(() => 1)
      .reduceByKeyAndWindow('counts', { window: '1 s', slide: '1 s', reduce: (a, b) => a + b })
      .map(([key]) => key)
      .to('out', toOut);
  };
  expect(await keysOut(build, [{ timeMs: 1_000, records: rowsAt(1) }])).toEqual(inOrder(KEYS));
});

it('is that of the keys where rows of an interval join find no partner', async () => {
  const build: Build = (job) => {
    const rows = input<Row>(job);
    const [lefts, rights] = (['l', 'r'] as const).map((side) =>
      rows
        .filter(({ s }) => s === side)
        .eventTime(`time-${side}`, { timestamp: 't', outOfOrderness: 0 })
        .keyBy('k'),
    );
    if (lefts === undefined || rights === undefined) return;
    const within = { before: 5, after: 5 };
    lefts
      .join('join', rights, { within, type: 'left', select: (left) => left?.k ?? null })
      .map(([, key]) => key)
      .to('out', toOut);
  };
  const batches = [
    { timeMs: 1_000, records: rowsAt(1) },
    { timeMs: 2_000, records: later },
    { timeMs: 3_000, records: later },
  ];
  expect(await keysOut(build, batches)).toEqual(inOrder(KEYS));
});

it('is that of the keys behind sessions, whether a trigger took the result or the session is over', async () => {
  const build: Build = (job) => {
    input<Row>(job)
      .eventTime('time', { timestamp: 't', outOfOrderness: 0 })
      .keyBy('k')
      .windowBy(session(10), { trigger: everyCount(2) })
      .aggregate('sessions', { count: count() })
      .map(([key]) => key)
      .to('out', toOut);
  };
  const twice = KEYS.filter((_, n) => n % 2 === 0);
  const records = [...rowsAt(1), ...rowsAt(1, twice), ...later];
  const keys = await keysOut(build, [{ timeMs: 1_000, records }]);
  expect([...new Set(keys)]).toEqual(inOrder(KEYS));
  expect(keys).toEqual(inOrder(keys as readonly string[]));
});
