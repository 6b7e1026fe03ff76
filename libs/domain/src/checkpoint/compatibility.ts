import { own } from '../own.js';
import type { StateShape } from './checkpoint.js';
import { ComparisonBudget } from './comparison-budget.js';
import { compareSchemas } from './schema-change.js';

/**
 * What becomes of one operator's state. `from` is the uid that it has in the checkpoint, where that is another one. Words
 * are public API: never reuse or rename one.
 */
export type OperatorVerdict =
  | { readonly uid: string; readonly verdict: 'as_is' }
  /** Read as the new schema has it, without code of the tenant. */
  | { readonly uid: string; readonly verdict: 'evolve'; readonly from?: string; readonly changes: readonly string[] }
  /** By the bundle's steps from these versions of the schema, in order. */
  | { readonly uid: string; readonly verdict: 'migrate'; readonly from?: string; readonly steps: readonly number[] }
  | { readonly uid: string; readonly verdict: 'renamed'; readonly from: string }
  /** Not in the checkpoint: starts empty. */
  | { readonly uid: string; readonly verdict: 'new' }
  /** In the checkpoint and not in the job: `isAllowed` once somebody has said so. */
  | { readonly uid: string; readonly verdict: 'dropped'; readonly isAllowed: boolean; readonly reason: string }
  /** Starts empty, while others keep what they have. */
  | { readonly uid: string; readonly verdict: 'reset'; readonly reason: string }
  | { readonly uid: string; readonly verdict: 'refused'; readonly reason: string };

type Shapes = { readonly [uid: string]: StateShape };

/** What takes the state over. */
export interface WantedState {
  readonly shapes: Shapes;
  /** Versions of the state's schema, by uid, that the bundle has a step from. */
  readonly migrations?: { readonly [uid: string]: readonly number[] } | undefined;
}

/** What somebody has said about an upgrade. */
export interface UpgradeOptions {
  /** The new uid by the old one. */
  readonly renames: { readonly [from: string]: string };
  /** Uids of operators that are gone, whose state may go too. */
  readonly drops: readonly string[];
  /** Uids of operators that shall start empty. */
  readonly resets: readonly string[];
}

export const NO_UPGRADE_OPTIONS: UpgradeOptions = { renames: {}, drops: [], resets: [] };

/**
 * Holds a checkpoint's state against the operators that would take it over, by uid and shape alone: a re-bundle, a minifier
 * or a renamed variable changes neither. In the order of their uids. A rename of what is not in the checkpoint, or to what
 * is not in the job, says nothing.
 *
 * @param budget shared by what is judged in one go; what comes once it is used up is refused.
 */
export function judgeState(
  inCheckpoint: Shapes,
  wanted: WantedState,
  options: UpgradeOptions = NO_UPGRADE_OPTIONS,
  budget = new ComparisonBudget(),
): readonly OperatorVerdict[] {
  const oldUids = new Map<string, string>();
  for (const [from, to] of Object.entries(options.renames)) {
    const isThere = Object.hasOwn(inCheckpoint, from) && Object.hasOwn(wanted.shapes, to);
    if (isThere && !Object.hasOwn(wanted.shapes, from)) oldUids.set(to, from);
  }
  const taken = new Set(oldUids.values());
  const uids = [...new Set([...Object.keys(wanted.shapes), ...Object.keys(inCheckpoint)])].sort();
  return uids.flatMap((uid): OperatorVerdict | readonly OperatorVerdict[] => {
    const now = own(wanted.shapes, uid);
    if (now === undefined) return taken.has(uid) ? [] : dropped(uid, options);
    const from = oldUids.get(uid) ?? uid;
    const before = own(inCheckpoint, from);
    if (before === undefined) return { uid, verdict: 'new' };
    if (options.resets.includes(uid)) return { uid, verdict: 'reset', reason: `"${uid}" was told to start empty` };
    return judgeOperator({ uid, from, before, now, steps: own(wanted.migrations ?? {}, uid) ?? [], budget });
  });
}

/** Whether state may be restored under these verdicts. A dropped operator needs an explicit word. */
export function allowsRestore(verdicts: readonly OperatorVerdict[]): boolean {
  return verdicts.every((one) => (one.verdict === 'dropped' ? one.isAllowed : one.verdict !== 'refused'));
}

/** The same verdicts where what does not fit may start empty. */
export function withResets(verdicts: readonly OperatorVerdict[]): readonly OperatorVerdict[] {
  return verdicts.map((one): OperatorVerdict => {
    if (one.verdict === 'refused') return { uid: one.uid, verdict: 'reset', reason: one.reason };
    return one.verdict === 'dropped' ? { ...one, isAllowed: true } : one;
  });
}

/** Whether any state is kept under these verdicts. */
export function keepsState(verdicts: readonly OperatorVerdict[]): boolean {
  return verdicts.some(({ verdict }) => ['as_is', 'evolve', 'migrate', 'renamed'].includes(verdict));
}

/** Why state cannot be taken over, of each operator that stands in the way. */
export function objections(verdicts: readonly OperatorVerdict[]): readonly string[] {
  return verdicts.flatMap((one) => {
    if (one.verdict === 'refused') return [one.reason];
    return one.verdict === 'dropped' && !one.isAllowed ? [one.reason] : [];
  });
}

const dropped = (uid: string, { drops }: UpgradeOptions): OperatorVerdict => ({
  uid,
  verdict: 'dropped',
  isAllowed: drops.includes(uid),
  reason: `"${uid}" has state in the checkpoint and is not in the job any more`,
});

/** Kinds whose state can be read as another form than the one that it was written in. */
const CONVERTED_KINDS: ReadonlySet<string> = new Set(['fold', 'updateStateByKey', 'mapWithState', 'process']);

/** Of a fold in windows the state lies otherwise with a schema than without one. */
const isConverted = ({ kind, schema }: StateShape, before: StateShape): boolean =>
  CONVERTED_KINDS.has(kind) || (kind === 'windowFold' && schema !== undefined && before.schema !== undefined);

interface Pair {
  readonly uid: string;
  /** The uid in the checkpoint. */
  readonly from: string;
  readonly before: StateShape;
  readonly now: StateShape;
  readonly steps: readonly number[];
  /** Shared by all operators. */
  readonly budget: ComparisonBudget;
}

function judgeOperator(pair: Pair): OperatorVerdict {
  const { uid, from, before, now, budget } = pair;
  const moved = from === uid ? {} : { from };
  const refused = (reason: string): OperatorVerdict => ({ uid, verdict: 'refused', reason: `"${uid}": ${reason}` });
  const different = firstDifference(before, now) ?? keyDifference(pair);
  if (different !== undefined) return refused(different);
  const versions = [before.version ?? 1, now.version ?? 1] as const;
  if (versions[1] < versions[0]) {
    return refused(`the version of its state's schema was ${versions[0]} and is now ${versions[1]}`);
  }
  if (versions[1] > versions[0]) {
    const steps = stepsBetween(versions, pair.steps);
    if (steps.outcome === 'all') return { uid, verdict: 'migrate', ...moved, steps: steps.steps };
    return refused(`its state is of version ${versions[0]}, and there is no migration from version ${steps.missing}`);
  }
  const change = compareSchemas(before.schema, now.schema, budget);
  if (change.outcome === 'differs') return refused(change.reason);
  if (change.outcome === 'evolves' && !isConverted(now, before)) {
    return refused(`${change.changes.join('; ')}, and the state of ${now.kind} cannot change its form`);
  }
  if (change.outcome === 'evolves') return { uid, verdict: 'evolve', ...moved, changes: change.changes };
  return from === uid ? { uid, verdict: 'as_is' } : { uid, verdict: 'renamed', from };
}

type Steps =
  | { readonly outcome: 'all'; readonly steps: readonly number[] }
  | { readonly outcome: 'missing'; readonly missing: number };

/** One step after the other as far as there are any: a version may be any number, and there are only so many steps. */
function stepsBetween([from, to]: readonly [number, number], known: readonly number[]): Steps {
  const there = new Set(known);
  const steps: number[] = [];
  for (let step = from; step < to; step += 1) {
    if (!there.has(step)) return { outcome: 'missing', missing: step };
    steps.push(step);
  }
  return { outcome: 'all', steps };
}

type Parameter = StateShape['parameters'][string] | undefined;

function firstDifference(before: StateShape, now: StateShape): string | undefined {
  const fields: readonly (readonly [string, Parameter, Parameter])[] = [
    ['kind', before.kind, now.kind],
    ['key type', before.key, now.key],
    ['value type', before.value, now.value],
    ['codec', `${before.codec.name} ${before.codec.version}`, `${now.codec.name} ${now.codec.version}`],
    ...[...new Set([...Object.keys(before.parameters), ...Object.keys(now.parameters)])]
      .sort()
      .map((name) => [name, own(before.parameters, name), own(now.parameters, name)] as const),
  ];
  const different = fields.find(([, old, wanted]) => old !== wanted);
  if (different === undefined) return undefined;
  const [name, old, wanted] = different;
  return `${name} was ${String(old ?? 'absent')} and is now ${String(wanted ?? 'absent')}`;
}

/** Keys whose schema is not known on both sides may be the same. */
function keyDifference({ before, now, budget }: Pair): string | undefined {
  if (before.keySchema === undefined || now.keySchema === undefined) return undefined;
  const change = compareSchemas(before.keySchema, now.keySchema, budget);
  return change.outcome === 'differs' ? `the schema of its key: ${change.reason}` : undefined;
}
