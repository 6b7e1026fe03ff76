import { POISON_SEARCHES_MAX, type PoisonSearch } from '@tidemark/domain';
import { behindLines, linesIn, offsetBehind } from '../lines.js';
import type { BatchInput } from './resume.js';

/** What the next run of a batch takes: all of it, or only its first records. */
export type Probe = { readonly kind: 'whole' } | { readonly kind: 'prefix'; readonly records: number };

export type SearchResult =
  | { readonly kind: 'search'; readonly search: PoisonSearch }
  /** With the record at this index the batch fails, with those before it alone it does not. */
  | { readonly kind: 'found'; readonly index: number; readonly why: PoisonSearch['why'] }
  /** It is no record: the batch fails without any, or now with this many and now with that. */
  | { readonly kind: 'not_found' };

/**
 * Looks for the record at which a batch fails that does not say so: its code hangs, takes all memory, ends its process, or
 * throws at the end of the batch. A batch that has failed once runs again as it is, for it may have been the machine. After
 * that the shortest run of first records is looked for with which it fails:
 *
 * ```text
 * failed → whole: failed → none: well → half: … → with n records well, with n + 1 failed → n + 1 again: failed: it is record n
 * ```
 *
 * Whatever the reasons are, between a number with which it goes well and one with which it fails there are two neighbours, one
 * of each kind; to halve finds them in so many steps as the count of records has bits. If it then goes well with the greater
 * one, what failed before was not a record's fault, and the search begins anew with the whole.
 */
export function probeOf({ good, bad, tries }: PoisonSearch): Probe {
  if (bad === undefined || tries >= POISON_SEARCHES_MAX) return { kind: 'whole' };
  if (good === undefined) return { kind: 'prefix', records: 0 };
  return { kind: 'prefix', records: bad - good === 1 ? bad : Math.floor((good + bad) / 2) };
}

/** @param failed why it failed, if it did; @param records how many the batch has */
export function afterProbe(
  search: PoisonSearch | undefined,
  { failed, records }: { readonly failed: PoisonSearch['why'] | undefined; readonly records: number },
): SearchResult {
  if (search === undefined)
    return failed === undefined ? { kind: 'not_found' } : { kind: 'search', search: { tries: 1, why: failed } };
  const probe = probeOf(search);
  const taken = probe.kind === 'whole' ? records : probe.records;
  if ((failed !== undefined && taken === 0) || search.tries >= POISON_SEARCHES_MAX) return { kind: 'not_found' };
  const tries = search.tries + 1;
  const { good, bad, ...rest } = search;
  const why = failed ?? search.why;
  if (good === undefined || bad === undefined || bad - good > 1) {
    const limit = failed === undefined ? { good: taken } : { bad: taken };
    return { kind: 'search', search: { ...search, tries, why, ...limit } };
  }
  return failed === undefined ? { kind: 'search', search: { ...rest, tries } } : { kind: 'found', index: good, why };
}

/** Lines of the input, blank ones too. */
export const recordsIn = (input: BatchInput): number =>
  input.reduce((sum, { chunks }) => sum + chunks.reduce((lines, { bytes }) => lines + linesIn(bytes), 0), 0);

/** The first `records` lines of the input. */
export function firstRecords(input: BatchInput, records: number): BatchInput {
  let left = records;
  return input.map(({ uid, chunks }) => ({
    uid,
    chunks: chunks.flatMap((chunk) => {
      const lines = linesIn(chunk.bytes);
      const taken = Math.min(left, lines);
      left -= taken;
      if (taken === 0) return [];
      return taken === lines
        ? [chunk]
        : [{ ...chunk, bytes: chunk.bytes.subarray(0, behindLines(chunk.bytes, taken)) }];
    }),
  }));
}

/** Where the line of this index stands. */
export function positionOfRecord(
  input: BatchInput,
  index: number,
):
  | { readonly source: string; readonly partition: string; readonly offset: number; readonly timeline?: number }
  | undefined {
  let left = index;
  for (const { uid, chunks } of input) {
    for (const chunk of chunks) {
      const { partition, bytes, timeline } = chunk;
      const lines = linesIn(bytes);
      if (left < lines) {
        const offset = offsetBehind(chunk, { bytes: behindLines(bytes, left), lines: left });
        return { source: uid, partition, offset, ...(timeline === undefined ? {} : { timeline }) };
      }
      left -= lines;
    }
  }
  return undefined;
}
