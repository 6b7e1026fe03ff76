import { KEY_SLOTS, TidemarkError } from '@tidemark/domain';
import { compareRows, type RowPosition } from './row-position.js';
import { comparePlaced, type PlacedRow, type RowQuery, type RowRange } from './row-range.js';
import type { ShownRow } from './shown-row.js';
import type { StateView } from './state-view.js';

/** Two checkpoints of the same job, of whatever revisions and timelines. */
export interface StatePair {
  readonly before: StateView;
  readonly after: StateView;
}

/** A key of one table that is not the same in both: `before` is absent where it was added, `after` where it was removed. */
export interface RowDifference {
  /** Either of the two: they have the same slot, key and table. */
  readonly row: PlacedRow;
  readonly before: ShownRow | undefined;
  readonly after: ShownRow | undefined;
}

/** Rows of all tables. */
export interface DifferenceCounts {
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
}

export interface DifferenceQuery {
  readonly after?: RowPosition | undefined;
  readonly table?: string | undefined;
  /** At least 1. */
  readonly differencesMax: number;
}

/** Characters of keys and values on one page, beyond the first difference. */
const PAGE_CHARS_MAX = 4 * 1024 * 1024;

/**
 * The next differences of one operator, in the order of rows. Where `upTo` is given there may be more behind it, also when
 * there are fewer than were asked for, or none: so much is read at a time and no more.
 */
export async function differences(
  pair: StatePair,
  uid: string,
  { after, table, differencesMax }: DifferenceQuery,
): Promise<{ readonly items: readonly RowDifference[]; readonly upTo: RowPosition | undefined }> {
  const items: RowDifference[] = [];
  let chars = 0;
  for await (const step of steps(pair, uid, { after, table, slotsAtFirst: 1 })) {
    for (const difference of differencesIn(step)) {
      chars += charsOf(difference);
      const last = items.at(-1);
      if (last !== undefined && (items.length === differencesMax || chars > PAGE_CHARS_MAX))
        return { items, upTo: last.row.at };
      items.push(difference);
    }
    // Behind a whole step, so that a page of differences that are far apart takes no longer than its share.
    if (step.upTo !== undefined && (items.length === differencesMax || step.isLastOfRequest)) {
      return { items, upTo: step.upTo };
    }
  }
  return { items, upTo: undefined };
}

/**
 * How many rows differ, by uid of every operator that one of the two has. Throws `state_too_large_to_show`, before anything
 * is read, where that would be too much for one request.
 */
export async function differenceCounts(pair: StatePair): Promise<ReadonlyMap<string, DifferenceCounts>> {
  const uids = [...new Set([...pair.before.uids(), ...pair.after.uids()])].sort();
  let bytes = 0;
  for (const uid of uids) {
    bytes += bytesOf(pair, uid) * roundsOf(pair, uid);
    if (bytes > readBytesMax(pair)) throw tooLarge(pair, uid, bytes);
  }
  const counts = new Map<string, DifferenceCounts>();
  for (const uid of uids) counts.set(uid, await countsOf(pair, uid));
  return counts;
}

async function countsOf(pair: StatePair, uid: string): Promise<DifferenceCounts> {
  const counts = { added: 0, removed: 0, changed: 0 };
  for await (const step of steps(pair, uid, { slotsAtFirst: KEY_SLOTS })) {
    // Only where keys are not spread over the slots as they should be does it take more steps than was reckoned with.
    if (step.upTo !== undefined && step.isLastOfRequest) throw tooLarge(pair, uid, 2 * readBytesMax(pair));
    for (const { before, after } of differencesIn(step)) {
      counts[before === undefined ? 'added' : after === undefined ? 'removed' : 'changed'] += 1;
    }
  }
  return counts;
}

const tooLarge = (pair: StatePair, operator: string, bytes: number): TidemarkError =>
  new TidemarkError('state_too_large_to_show', { operator, bytes, bytesMax: readBytesMax(pair) });

/** All rows of one part of the order in both checkpoints. */
interface Step {
  readonly before: readonly PlacedRow[];
  readonly after: readonly PlacedRow[];
  /** Where the part ends; undefined for the last one. */
  readonly upTo: RowPosition | undefined;
  readonly isLastOfRequest: boolean;
}

/**
 * As many slots at a time as there is room for the rows of, but few at first: where there are many differences, a page is
 * full after some of them. Ends when one request has read what it may.
 */
async function* steps(
  pair: StatePair,
  uid: string,
  { after: first, table, slotsAtFirst }: Pick<DifferenceQuery, 'after' | 'table'> & { readonly slotsAtFirst: number },
): AsyncGenerator<Step> {
  const slotsMax = Math.max(1, Math.floor(KEY_SLOTS / roundsOf(pair, uid)));
  const stepsMax = Math.max(1, Math.floor(readBytesMax(pair) / Math.max(1, bytesOf(pair, uid))));
  let from = first;
  let slots = Math.min(slotsMax, slotsAtFirst);
  for (let count = 1; count <= stepsMax; count += 1) {
    const step = await nextStep(pair, uid, { after: from, table, slots });
    yield { ...step, isLastOfRequest: count === stepsMax };
    if (step.upTo === undefined) return;
    from = step.upTo;
    slots = Math.min(slotsMax, 4 * slots);
  }
}

async function nextStep(
  { before, after }: StatePair,
  uid: string,
  at: { readonly after: RowPosition | undefined; readonly table: string | undefined; readonly slots: number },
): Promise<Omit<Step, 'isLastOfRequest'>> {
  const lastSlot = firstSlotAfter(at.after) + at.slots - 1;
  const end: RowPosition | undefined = lastSlot < KEY_SLOTS - 1 ? { slot: lastSlot } : undefined;
  const query = { after: at.after, table: at.table, rowsMax: before.bounds.found };
  const { only, until = end } = await touchedIn({ before, after }, uid, { ...query, until: end });
  const old = await before.rows(uid, { ...query, until, only });
  const now = await after.rows(uid, { ...query, until: old.upTo ?? until, only });
  const upTo = now.upTo ?? old.upTo ?? until;
  return { before: rowsUpTo(old, upTo), after: now.rows, upTo };
}

/** Rows that lie in files which both have, and that none of their other files touches, are the same. */
async function touchedIn(
  { before, after }: StatePair,
  uid: string,
  query: RowQuery,
): Promise<{ readonly only?: RowQuery['only']; readonly until?: RowPosition | undefined }> {
  const shared = before.filesSharedWith(after, uid);
  if (shared === 0) return {};
  const old = await before.touched(uid, shared, query);
  const now = await after.touched(uid, shared, { ...query, until: old.upTo ?? query.until });
  return {
    only: (slot, key, table) => now.has(slot, key, table) || old.has(slot, key, table),
    until: now.upTo ?? old.upTo,
  };
}

const firstSlotAfter = (position: RowPosition | undefined): number =>
  position === undefined ? 0 : position.slot + (position.of === undefined ? 1 : 0);

const rowsUpTo = ({ rows }: RowRange, upTo: RowPosition | undefined): readonly PlacedRow[] =>
  upTo === undefined ? rows : rows.filter(({ at }) => compareRows(at, upTo) <= 0);

/** Into how many parts the rows are divided; keys are spread evenly over the slots. */
function roundsOf({ before, after }: StatePair, uid: string): number {
  const shared = before.filesSharedWith(after, uid);
  const [old, now] = [before.sizeOf(uid, shared), after.sizeOf(uid, shared)];
  const entries = shared === 0 ? Math.max(old.entries, now.entries) : old.entries + now.entries;
  return Math.ceil(Math.max(entries, 1) / (before.bounds.found * 0.8));
}

const readBytesMax = ({ before }: StatePair): number => before.bounds.readBytes;

const bytesOf = ({ before, after }: StatePair, uid: string): number =>
  before.sizeOf(uid).plainBytes + after.sizeOf(uid).plainBytes;

function* differencesIn({ before, after }: Step): Generator<RowDifference> {
  let next = 0;
  for (const row of before) {
    for (let other = after[next]; other !== undefined && comparePlaced(other, row) < 0; other = after[next]) {
      yield { row: other, before: undefined, after: other };
      next += 1;
    }
    const same = after[next];
    if (same === undefined || comparePlaced(same, row) !== 0) {
      yield { row, before: row, after: undefined };
      continue;
    }
    next += 1;
    if (!isSameText(row.value, same.value) || !isSameText(row.internal, same.internal)) {
      yield { row, before: row, after: same };
    }
  }
  for (const row of after.slice(next)) yield { row, before: undefined, after: row };
}

const charsOf = ({ before, after }: RowDifference): number =>
  [before, after].reduce((sum, row) => sum + (row === undefined ? 0 : row.key.length + row.value.length), 0);

/** Whether two JSON texts say the same, in whatever order members of objects stand. */
function isSameText(a: string, b: string): boolean {
  if (a === b) return true;
  try {
    return isSameJson(JSON.parse(a) as Json, JSON.parse(b) as Json);
  } catch {
    // Texts come from the process that runs the job's code, and nobody has looked at them before.
    return false;
  }
}

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

function isSameJson(a: Json, b: Json): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [mine, yours] = [Object.entries(a), new Map(Object.entries(b))];
  return (
    mine.length === yours.size &&
    mine.every(([name, value]) => {
      const other = yours.get(name);
      return other !== undefined && isSameJson(value, other);
    })
  );
}
