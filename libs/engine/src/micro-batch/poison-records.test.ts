import {
  DEAD_LETTER_BYTES_MAX,
  DEAD_LETTER_BYTES_PER_BATCH_MAX,
  POISON_ATTEMPTS_MAX,
  REDRIVE_ATTEMPTS_MAX,
  TidemarkError,
  type BatchPlan,
  type LoggedBatch,
} from '@tidemark/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GraphOutput } from '../ports.js';
import { PoisonRecords } from './poison-records.js';
import { InMemoryWorld } from './testing/in-memory-world.js';
import { forgetful, isPoison, livesOf, POISON, WRITES_PER_BATCH, type Payment } from './testing/poisoned-job.js';

const BATCHES_MAX = 5;
const aPayment: fc.Arbitrary<Payment> = fc.record({
  key: fc.constantFrom('a', 'b'),
  value: fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: 0, max: 9 }) },
    { weight: 1, arbitrary: fc.constantFrom(POISON.atOnce, POISON.late, POISON.silent) },
  ),
});
const someChunks = fc.array(fc.array(aPayment, { maxLength: 6 }), { minLength: 1, maxLength: BATCHES_MAX });
/** Few, of which half are poison. */
const poisonedChunks = fc.array(
  fc.array(fc.constantFrom<Payment>({ key: 'a', value: 1 }, { key: 'a', value: POISON.atOnce }), {
    minLength: 1,
    maxLength: 3,
  }),
  { minLength: 1, maxLength: 2 },
);
const aMoment = fc.option(fc.nat({ max: 2 * WRITES_PER_BATCH * (BATCHES_MAX + 2) }), { nil: undefined });

/** By a reducer that knows nothing of batches. */
function totalsOf(payments: readonly Payment[]): ReadonlyMap<string, { n: number; sum: number }> {
  const totals = new Map<string, { n: number; sum: number }>();
  for (const { key, value } of payments) {
    const { n, sum } = totals.get(key) ?? { n: 0, sum: 0 };
    totals.set(key, { n: n + 1, sum: sum + value });
  }
  return totals;
}

const lettersOf = (payments: readonly Payment[]) =>
  payments.flatMap((payment, offset) => (isPoison(payment) ? [{ offset, bytes: JSON.stringify(payment) }] : []));

const byOffset = (letters: readonly { readonly offset: number }[]) => [...letters].sort((a, b) => a.offset - b.offset);

const isRight = (broken?: typeof forgetful) =>
  fc.asyncProperty(someChunks, aMoment, async (chunks, crashAt) => {
    const all = chunks.flat();
    const { before, after } = await livesOf(chunks, { crashAt, ...(broken === undefined ? {} : { broken }) });
    expect(before.totals).toEqual(totalsOf(all.filter((payment) => !isPoison(payment))));
    expect(byOffset(before.letters)).toMatchObject(lettersOf(all));
    expect(before.letters).toHaveLength(lettersOf(all).length);
    expect(after.totals).toEqual(totalsOf(all));
    expect(after.letters).toEqual(before.letters);
  });

describe('a job that sets records aside', () => {
  it('has each in one dead letter, and once in its result after they are re-driven, wherever its runner dies', async () => {
    await fc.assert(isRight(), { numRuns: 150 });
  });

  it('would have them twice if committed batches took what they had left out', async () => {
    await expect(fc.assert(isRight(forgetful), { numRuns: 300, seed: 7 })).rejects.toThrow('Property failed');
  });

  it('has each once also where other code runs after its runner has died: a letter is the result of no batch', async () => {
    await fc.assert(
      fc.asyncProperty(poisonedChunks, fc.nat({ max: 2 * WRITES_PER_BATCH }), async (chunks, crashAt) => {
        const all = chunks.flat();
        const { before, after } = await livesOf(chunks, { crashAt, isMendedAtCrash: true });
        const letters = new Set(before.letters.map(({ offset }) => offset));
        expect(letters.size).toBe(before.letters.length);
        expect(before.totals).toEqual(totalsOf(all.filter((_, offset) => !letters.has(offset))));
        expect(after.totals).toEqual(totalsOf(all));
      }),
      { numRuns: 100 },
    );
  });

  it('reads what is re-driven in one batch, before its ranges', async () => {
    const { plans } = await livesOf([[{ key: 'a', value: POISON.late }], [{ key: 'a', value: POISON.atOnce }]]);
    expect(plans.map(({ redriven }) => redriven?.map(({ offset }) => offset))).toEqual([
      undefined,
      undefined,
      [0, 1],
      undefined,
    ]);
  });

  it('says of a record that ended its batch without a word what the batch failed with', async () => {
    const good = { key: 'a', value: 1 };
    const { before } = await livesOf([[good, good, { key: 'a', value: POISON.silent }, good]]);
    expect(before.letters).toMatchObject([{ offset: 2, code: 'job_over_cpu' }]);
    expect(before.totals.get('a')).toEqual({ n: 3, sum: 3 });
  });

  it('fails where one batch would begin again too often', async () => {
    const late = { key: 'a', value: POISON.late };
    const enough = Array.from({ length: POISON_ATTEMPTS_MAX }, () => late);
    expect((await livesOf([enough])).before.letters).toHaveLength(POISON_ATTEMPTS_MAX);
    await expect(livesOf([[...enough, late]])).rejects.toMatchObject({
      code: 'too_many_dead_letters',
      params: { bound: expect.stringContaining(`${POISON_ATTEMPTS_MAX} attempts`) as string },
    });
  });
});

describe('what is re-driven and set aside again', () => {
  const redriven = Array.from({ length: 9 }, (_, offset) => {
    return { source: 'in', partition: 'p', offset, timeline: 1, bytes: new Uint8Array(1) };
  });
  const plan: BatchPlan = { timeline: 1, batchId: 1, batchTimeMs: 1, ranges: {}, redriven };
  const threw = (offset: number, timeline: number): TidemarkError =>
    new TidemarkError('job_code_threw', {
      ...{ reason: 'bad', operator: 'op', at: 'job.ts:1:1' },
      position: { source: 'in', partition: 'p', offset, timeline },
    });

  /** Runs the batch again for each of these records, at which its code throws. @returns what it leaves out after each */
  async function without(records: readonly (readonly [offset: number, timeline: number])[]) {
    const world = new InMemoryWorld(undefined);
    const log = world.log(0);
    await log.plan(plan);
    const left: number[] = [];
    for (const [offset, timeline] of records) {
      const poison = new PoisonRecords(log, []);
      for (const batch of await log.after(0)) poison.note(batch);
      await poison.runAgain(plan, () => Promise.resolve([]), threw(offset, timeline));
      left.push((await log.after(0)).flatMap(({ setAside = [] }) => setAside).length);
    }
    return left;
  }

  it('is tried one by one, until so many have ended their batch; then the rest of them waits again', async () => {
    const each = redriven.slice(0, REDRIVE_ATTEMPTS_MAX).map(({ offset }) => [offset, 1] as const);
    expect(await without(each)).toEqual([1, 2, 3, 4, redriven.length]);
  });

  it('does not use up the attempts of the records that the batch reads for the first time', async () => {
    const own = Array.from({ length: POISON_ATTEMPTS_MAX }, (_, offset) => [offset, 2] as const);
    expect(await without([[0, 1], [1, 1], ...own])).toHaveLength(POISON_ATTEMPTS_MAX + 2);
    await expect(without([[0, 1], ...own, [99, 2]])).rejects.toMatchObject({ code: 'too_many_dead_letters' });
  });

  it('is read as the line that it was, also where that was empty', () => {
    const empty = { ...redriven[0]!, bytes: new Uint8Array(0) };
    const poison = new PoisonRecords(new InMemoryWorld(undefined).log(0), []);
    const { sources } = poison.remaining({ ...plan, redriven: [empty] }, [{ uid: 'in', chunks: [] }]);
    expect(sources[0]?.chunks.map(({ bytes }) => new TextDecoder().decode(bytes))).toEqual(['\n']);
  });
});

describe('what a batch has set aside', () => {
  const plan: BatchPlan = { timeline: 1, batchId: 1, batchTimeMs: 1, ranges: {} };
  const aPoison = (logged?: Partial<LoggedBatch>): PoisonRecords => {
    const poison = new PoisonRecords(new InMemoryWorld(undefined).log(0), []);
    poison.note({ plan, nextOffsets: {}, ...logged });
    return poison;
  };
  const anOutput = (
    code: 'record_unreadable' | 'job_code_threw',
    bytes = new Uint8Array(3),
    count = 1,
  ): GraphOutput => ({
    ...{ sinks: new Map(), recordsIn: 1, recordsSkipped: 0, stateKeys: new Map(), counts: new Map(), skipped: [] },
    setAside: Array.from({ length: count }, (_, offset) => {
      return { source: 'in', partition: 'p', offset, code, reason: 'bad', bytes };
    }),
  });
  const nothing = { sources: [], taken: [] };

  it('keeps so many bytes of a record, and says how many there were', () => {
    const bytes = new Uint8Array(DEAD_LETTER_BYTES_MAX + 1);
    const [letter] = aPoison().lettersOf(plan, nothing, anOutput('record_unreadable', bytes));
    expect([letter?.bytes.length, letter?.bytesTotal]).toEqual([DEAD_LETTER_BYTES_MAX, bytes.length]);
  });

  it('is kept as it was read, whatever is read into the same memory after', () => {
    const read = Buffer.from('poison');
    const [letter] = aPoison().lettersOf(plan, nothing, anOutput('record_unreadable', read));
    read.fill('later.');
    expect(Buffer.from(letter?.bytes ?? []).toString()).toBe('poison');
  });

  it('fails the job where it is more than one batch may keep', () => {
    const count = DEAD_LETTER_BYTES_PER_BATCH_MAX / DEAD_LETTER_BYTES_MAX;
    const output = (more: number) => anOutput('record_unreadable', new Uint8Array(DEAD_LETTER_BYTES_MAX), count + more);
    expect(aPoison().lettersOf(plan, nothing, output(0))).toHaveLength(count);
    expect(() => aPoison().lettersOf(plan, nothing, output(1))).toThrow('bytes of dead letters of one batch');
  });

  it('is within the bounds of one batch however much of it is re-driven', () => {
    const output = anOutput('record_unreadable', new Uint8Array(DEAD_LETTER_BYTES_MAX), 2_000);
    const again = (output.setAside ?? []).map((record) => ({ ...record, timeline: 1 }));
    expect(aPoison().lettersOf({ ...plan, redriven: again }, nothing, output)).toHaveLength(2_000);
  });

  it('fails the job where it took that record when it was committed: other code would lose it from the state', () => {
    expect(() => {
      aPoison().assertSameTaken(plan, anOutput('job_code_threw'));
    }).toThrow('the record at in/p@0, and the code that runs now cannot take it: bad');
    expect(() => {
      aPoison().assertSameTaken(plan, anOutput('record_unreadable'));
    }).toThrow('Batch 1 is committed');
  });

  it('is no more than a former run has settled, of which a sink may have the rest', async () => {
    const [letter] = aPoison().lettersOf(plan, nothing, anOutput('record_unreadable'));
    if (letter === undefined) throw new Error('Nothing was set aside.');
    const settled = (setAside: LoggedBatch['setAside']) =>
      aPoison({ nextOffsets: undefined, isSettled: true, setAside });
    expect(await settled([letter]).settle(plan, [letter])).toBeUndefined();
    await expect(settled([]).settle(plan, [letter])).rejects.toMatchObject({ code: 'record_lost_to_code' });
    const hung = new TidemarkError('job_over_cpu', { limitMs: 1, batchId: 1 });
    await expect(settled([]).runAgain(plan, () => Promise.resolve([]), hung)).rejects.toBe(hung);
  });

  it('may be what it passed over under the policy "skip"', () => {
    aPoison({ recordsSkipped: 1 }).assertSameTaken(plan, anOutput('record_unreadable'));
    expect(() => {
      aPoison({ recordsSkipped: 1 }).assertSameTaken(plan, anOutput('record_unreadable', new Uint8Array(1), 2));
    }).toThrow('Batch 1 is committed');
  });
});
