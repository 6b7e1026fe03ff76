import type { DifferenceCounts, RowDifference, ShownRow } from '@tidemark/checkpoint';
import { pageClass } from '../transport/paging.js';
import { Shown, shownType } from '../transport/shown.js';

export class StateRowAnswer {
  @Shown('Key slot, 0 to 127.', 'integer')
  readonly slot!: number;

  @Shown('The key; null for what the operator keeps for itself.', 'key')
  readonly key!: unknown;

  @Shown('The table: one operator may have several, for example one for each window.', 'string')
  readonly table!: string;

  @Shown('The value as the job sees it.', 'any')
  readonly value!: unknown;

  @Shown('Columns that the operator keeps for its own use, whose names begin with `@`.', 'json')
  readonly internal!: object;
}
shownType('StateRow', StateRowAnswer);
export const StatePage = pageClass(StateRowAnswer, 'StatePage');

export const showStateRow = (row: ShownRow): StateRowAnswer => ({
  slot: row.slot,
  key: JSON.parse(row.key) as unknown,
  table: row.table,
  ...showSide(row),
});

class StateSideAnswer {
  @Shown('The value as the job sees it.', 'any')
  readonly value!: unknown;

  @Shown('Columns that the operator keeps for its own use.', 'json')
  readonly internal!: object;
}
shownType('StateSide', StateSideAnswer);

const showSide = ({ value, internal }: ShownRow): StateSideAnswer => ({
  value: JSON.parse(value) as unknown,
  internal: JSON.parse(internal) as object,
});

const CHANGES = ['added', 'removed', 'changed'] as const;

export class StateDifferenceAnswer {
  @Shown('Key slot, 0 to 127.', 'integer')
  readonly slot!: number;

  @Shown('The key; null for what the operator keeps for itself.', 'key')
  readonly key!: unknown;

  @Shown('The table.', 'string')
  readonly table!: string;

  @Shown('What became of it, from the first checkpoint to the second.', CHANGES)
  readonly change!: (typeof CHANGES)[number];

  @Shown('In the first checkpoint; null where it was added.', StateSideAnswer, { nullable: true })
  readonly before!: StateSideAnswer | null;

  @Shown('In the second checkpoint; null where it was removed.', StateSideAnswer, { nullable: true })
  readonly after!: StateSideAnswer | null;
}
shownType('StateDifference', StateDifferenceAnswer);
export const StateDifferencePage = pageClass(StateDifferenceAnswer, 'StateDifferencePage');

export function showDifference({ row, before, after }: RowDifference): StateDifferenceAnswer {
  const change = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed';
  return {
    ...{ slot: row.slot, key: JSON.parse(row.key) as unknown, table: row.table, change },
    before: before === undefined ? null : showSide(before),
    after: after === undefined ? null : showSide(after),
  };
}

class OperatorDifferenceAnswer {
  @Shown('Uid of the operator.', 'string')
  readonly uid!: string;

  @Shown('Its kind in the first checkpoint; null where that has no such operator.', 'string', { nullable: true })
  readonly kindBefore!: string | null;

  @Shown('Its kind in the second checkpoint; null where that has no such operator.', 'string', { nullable: true })
  readonly kindAfter!: string | null;

  @Shown('Keys that only the second has, counted in every table.', 'integer')
  readonly added!: number;

  @Shown('Keys that only the first has.', 'integer')
  readonly removed!: number;

  @Shown('Keys of both with another value, or other columns of its own.', 'integer')
  readonly changed!: number;
}
shownType('OperatorDifference', OperatorDifferenceAnswer);

export class CheckpointDiffAnswer {
  @Shown('Every operator that has state in one of the two, by uid.', [OperatorDifferenceAnswer])
  readonly operators!: readonly OperatorDifferenceAnswer[];
}
shownType('CheckpointDiff', CheckpointDiffAnswer);

export const showCounts = (
  uid: string,
  kinds: { readonly before: string | undefined; readonly after: string | undefined },
  { added, removed, changed }: DifferenceCounts,
): OperatorDifferenceAnswer => ({
  ...{ uid, kindBefore: kinds.before ?? null, kindAfter: kinds.after ?? null },
  ...{ added, removed, changed },
});
