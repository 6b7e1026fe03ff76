import { FIT_OUTCOMES, type CheckpointFit } from '@tidemark/domain';
import { Shown, shownType } from '../transport/shown.js';
import { OperatorVerdictAnswer, showOperator } from './operator-verdict.answer.js';

export class CheckpointFitAnswer {
  @Shown('The revision that it is held against.', 'integer')
  readonly revision!: number;

  @Shown(
    '`fits`: a start of the revision could take it; `does_not_fit`: not under its policy, or nothing of it would be kept; `not_restorable`: it is not complete; `not_compared`: what comparisons may cost was used up by those before it.',
    FIT_OUTCOMES,
  )
  readonly outcome!: CheckpointFit['outcome'];

  @Shown('Why it would not be taken, one sentence each.', 'strings')
  readonly reasons!: readonly string[];

  @Shown('The verdict on each operator with state.', [OperatorVerdictAnswer])
  readonly operators!: readonly OperatorVerdictAnswer[];
}
shownType('CheckpointFit', CheckpointFitAnswer);

export const showFit = (revision: number, { outcome, reasons, operators }: CheckpointFit): CheckpointFitAnswer => ({
  revision,
  outcome,
  reasons,
  operators: operators.map(showOperator),
});
