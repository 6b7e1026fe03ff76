import { own } from '../own.js';
import type { StateShape } from './checkpoint.js';

export type OperatorVerdict =
  | { readonly uid: string; readonly verdict: 'as_is' }
  | { readonly uid: string; readonly verdict: 'new' }
  | { readonly uid: string; readonly verdict: 'dropped'; readonly reason: string }
  | { readonly uid: string; readonly verdict: 'refused'; readonly reason: string };

type Shapes = { readonly [uid: string]: StateShape };

/**
 * Holds a checkpoint's state against the operators that would take it over, by uid and shape alone: a re-bundle,
 * a minifier or a renamed variable changes neither.
 */
export function compareShapes(inCheckpoint: Shapes, inGraph: Shapes): readonly OperatorVerdict[] {
  const uids = [...new Set([...Object.keys(inGraph), ...Object.keys(inCheckpoint)])].sort();
  return uids.map((uid): OperatorVerdict => {
    const stored = own(inCheckpoint, uid);
    const wanted = own(inGraph, uid);
    if (stored === undefined) return { uid, verdict: 'new' };
    if (wanted === undefined) {
      return { uid, verdict: 'dropped', reason: `"${uid}" has state in the checkpoint and is not in the job any more` };
    }
    const reason = firstDifference(uid, stored, wanted);
    return reason === undefined ? { uid, verdict: 'as_is' } : { uid, verdict: 'refused', reason };
  });
}

/** Whether state may be restored under these verdicts. A dropped operator needs an explicit word, so it does not pass. */
export function allowsRestore(verdicts: readonly OperatorVerdict[]): boolean {
  return verdicts.every(({ verdict }) => verdict === 'as_is' || verdict === 'new');
}

function firstDifference(uid: string, stored: StateShape, wanted: StateShape): string | undefined {
  const fields: readonly (readonly [string, unknown, unknown])[] = [
    ['kind', stored.kind, wanted.kind],
    ['key type', stored.key, wanted.key],
    ['value type', stored.value, wanted.value],
    ['codec', `${stored.codec.name} ${stored.codec.version}`, `${wanted.codec.name} ${wanted.codec.version}`],
    ['schema', schemaText(stored), schemaText(wanted)],
    ...[...new Set([...Object.keys(stored.parameters), ...Object.keys(wanted.parameters)])]
      .sort()
      .map((name) => [name, own(stored.parameters, name), own(wanted.parameters, name)] as const),
  ];
  const different = fields.find(([, before, after]) => before !== after);
  if (different === undefined) return undefined;
  const [name, before, after] = different;
  return `"${uid}": ${name} was ${String(before)} and is now ${String(after)}`;
}

/** Its members in one order, whatever made it. */
const schemaText = ({ schema }: StateShape): string => (schema === undefined ? 'none' : inOneOrder(schema));

function inOneOrder(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inOneOrder).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${inOneOrder(member)}`).join(',')}}`;
}
