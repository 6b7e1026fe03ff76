import type { OperatorVerdict } from '@tidemark/domain';
import { Shown, shownType } from '../transport/shown.js';

const VERDICTS = ['as_is', 'evolve', 'migrate', 'renamed', 'new', 'dropped', 'reset', 'refused'] as const;

export class OperatorVerdictAnswer {
  @Shown('The operator.', 'string')
  readonly uid!: string;

  @Shown(
    'What becomes of its state. `as_is`: taken over; `evolve`: read as the new schema has it; `migrate`: by the steps of the bundle; `renamed`: taken over under another uid; `new`: starts empty; `dropped`: the operator is gone; `reset`: starts empty by policy or word; `refused`: cannot be taken over.',
    VERDICTS,
  )
  readonly verdict!: OperatorVerdict['verdict'];

  @Shown('The uid that its state has now, where that is another one.', 'string', { nullable: true })
  readonly from!: string | null;

  @Shown('Why it is refused, reset or dropped.', 'string', { nullable: true })
  readonly reason!: string | null;

  @Shown('What changed of the form of its state.', 'strings')
  readonly changes!: readonly string[];

  @Shown('Versions from which the bundle leads on.', 'integers')
  readonly steps!: readonly number[];
}
shownType('OperatorVerdict', OperatorVerdictAnswer);

export const showOperator = (one: OperatorVerdict): OperatorVerdictAnswer => ({
  uid: one.uid,
  verdict: one.verdict,
  from: ('from' in one ? one.from : undefined) ?? null,
  reason: 'reason' in one ? one.reason : null,
  changes: 'changes' in one ? one.changes : [],
  steps: 'steps' in one ? one.steps : [],
});
