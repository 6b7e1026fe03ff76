import type { CheckpointDiff, StateDifference, StateRow } from '@tidemark/sdk';
import { table } from './table.js';

/** Characters of a value in a list; as JSON, all of it is there. */
const VALUE_CHARS_MAX = 100;

/** @param shown.isWhole whether values are shown to their end, however long. */
export function showState(rows: readonly StateRow[], { isWhole }: { readonly isWhole: boolean }): readonly string[] {
  if (rows.length === 0) return ['No state.'];
  const show = isWhole ? JSON.stringify : shortened;
  const hasInternal = rows.some(({ internal }) => Object.keys(internal).length > 0);
  return table(
    ['KEY', 'TABLE', 'SLOT', 'VALUE', ...(hasInternal ? ['INTERNAL'] : [])],
    rows.map(({ key, table: name, slot, value, internal }) => [
      ...[shortened(key), name, slot, show(value)],
      ...(hasInternal ? [show(internal)] : []),
    ]),
  );
}

export const showCounts = (operators: CheckpointDiff['operators']): readonly string[] =>
  operators.length === 0
    ? ['Neither checkpoint has any state.']
    : table(
        ['OPERATOR', 'KIND', 'ADDED', 'REMOVED', 'CHANGED'],
        operators.map(({ uid, kindBefore, kindAfter, added, removed, changed }) => [
          uid,
          kindBefore === kindAfter ? (kindAfter ?? '-') : `${kindBefore ?? '-'} → ${kindAfter ?? '-'}`,
          ...[added, removed, changed],
        ]),
      );

export const showDifferences = (uid: string, items: readonly StateDifference[]): readonly string[] =>
  items.length === 0
    ? [`${uid}: no difference.`]
    : [
        `${uid}:`,
        ...table(
          ['CHANGE', 'KEY', 'TABLE', 'BEFORE', 'AFTER'],
          items.map(({ change, key, table: name, before, after }) => [
            ...[change, shortened(key), name],
            ...sides(before, after),
          ]),
        ),
      ];

type Side = StateDifference['before'];

/** Values, and what the operator keeps for itself where only that differs. */
function sides(before: Side, after: Side): readonly [string, string] {
  const isSameValue = before !== null && after !== null && JSON.stringify(before.value) === JSON.stringify(after.value);
  const show = (side: Side): string => (side === null ? '-' : shortened(isSameValue ? side.internal : side.value));
  return [show(before), show(after)];
}

function shortened(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= VALUE_CHARS_MAX ? text : `${text.slice(0, VALUE_CHARS_MAX - 1)}…`;
}
