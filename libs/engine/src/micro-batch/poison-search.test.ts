import { POISON_SEARCHES_MAX, type PoisonSearch } from '@tidemark/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aChunk } from '../graph/testing/run-job.js';
import { afterProbe, firstRecords, positionOfRecord, probeOf, recordsIn } from './poison-search.js';

const WHY = { code: 'job_over_cpu', reason: 'It hung.' } as const;

/** Searches among so many records. @param fails whether a batch with so many first records does. */
function found(records: number, fails: (taken: number, run: number) => boolean) {
  let search: PoisonSearch | undefined;
  for (let runs = 1; ; runs += 1) {
    const probe = search === undefined ? { kind: 'whole' as const } : probeOf(search);
    const taken = probe.kind === 'whole' ? records : probe.records;
    const failed = fails(taken, runs) ? WHY : undefined;
    // With the whole of it, a batch that goes well is committed.
    if (probe.kind === 'whole' && failed === undefined) return { kind: 'committed' as const, runs };
    const result = afterProbe(search, { failed, records });
    if (result.kind !== 'search') return { ...result, runs };
    ({ search } = result);
  }
}

describe('the search for a record at which a batch fails', () => {
  it('finds the first, in as many runs as the count of records has bits, and four', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.nat(), (records, seed) => {
        const poison = seed % records;
        const { runs, ...result } = found(records, (taken) => taken > poison);
        expect(result).toEqual({ kind: 'found', index: poison, why: WHY });
        expect(runs).toBeLessThanOrEqual(4 + Math.ceil(Math.log2(records)));
      }),
    );
  });

  it('finds one without which its batch goes well, whatever the reasons are', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 500 }), fc.func(fc.boolean()), (records, luck) => {
        const fails = (taken: number): boolean => taken === records || (taken > 0 && luck(taken));
        const result = found(records, fails);
        if (result.kind !== 'found') throw new Error('nothing was found');
        expect([fails(result.index), fails(result.index + 1)]).toEqual([false, true]);
      }),
    );
  });

  it('blames none where the batch has failed for another reason, up to three times in a row', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 500 }), fc.integer({ min: 1, max: 3 }), (records, lastFailure) => {
        const result = found(records, (taken, run) => taken > 0 && run <= lastFailure);
        expect(result.kind).toBe('committed');
      }),
    );
  });

  it('gives up where the batch fails now and then', () => {
    expect(found(500, (taken, run) => taken === 500 || (taken > 0 && run % 3 === 0))).toMatchObject({
      kind: 'not_found',
      runs: POISON_SEARCHES_MAX + 1,
    });
  });

  it('finds none in a batch that fails without any', () => {
    expect(found(10, () => true)).toMatchObject({ kind: 'not_found', runs: 3 });
    expect(found(0, () => true)).toMatchObject({ kind: 'not_found', runs: 2 });
  });
});

describe('the first records of a batch', () => {
  const input = [
    { uid: 'a', chunks: [aChunk('one\n\ntwo', { range: { from: 10, to: 18 } }), aChunk('')] },
    { uid: 'b', chunks: [aChunk('three\nfour\n', { offsetUnit: 'records', range: { from: 5, to: 7 }, timeline: 3 })] },
  ];

  it.each([
    [0, []],
    [2, ['a one\n\n']],
    [3, ['a one\n\ntwo']],
    [4, ['a one\n\ntwo', 'b three\n']],
    [9, ['a one\n\ntwo', 'b three\nfour\n']],
  ])('are %i lines of its input', (count, expected) => {
    const taken = firstRecords(input, count).flatMap(({ uid, chunks }) =>
      chunks.map(({ bytes }) => `${uid} ${new TextDecoder().decode(bytes)}`),
    );
    expect(taken).toEqual(expected);
  });

  it('have their places', () => {
    expect(recordsIn(input)).toBe(5);
    expect([0, 2, 4, 5].map((index) => positionOfRecord(input, index))).toEqual([
      { source: 'a', partition: 'part', offset: 10 },
      { source: 'a', partition: 'part', offset: 15 },
      { source: 'b', partition: 'part', offset: 6, timeline: 3 },
      undefined,
    ]);
  });
});
