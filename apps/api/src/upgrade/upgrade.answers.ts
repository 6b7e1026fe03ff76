import {
  UPGRADE_OUTCOMES,
  type OperatorVerdict,
  type SinkVerdict,
  type SourceVerdict,
  type UpgradeOutcome,
  type UpgradePlanRecord,
} from '@tidemark/domain';
import { pageClass } from '../transport/paging.js';
import { Shown, shownType } from '../transport/shown.js';
import { UpgradeOptionsOrder } from './upgrade-options.request.js';

const VERDICTS = ['as_is', 'evolve', 'migrate', 'renamed', 'new', 'dropped', 'reset', 'refused'] as const;

class OperatorVerdictAnswer {
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

class SourceVerdictAnswer {
  @Shown('The source.', 'string')
  readonly uid!: string;

  @Shown('What becomes of its place.', ['kept', 'new', 'dropped', 'refused'])
  readonly offsets!: SourceVerdict['offsets'];

  @Shown('Why, where it is not kept.', 'string', { nullable: true })
  readonly reason!: string | null;
}
shownType('SourceVerdict', SourceVerdictAnswer);

class SinkVerdictAnswer {
  @Shown('The sink.', 'string')
  readonly uid!: string;

  @Shown('Whether it is another one.', ['same', 'changed', 'new', 'dropped'])
  readonly change!: SinkVerdict['change'];
}
shownType('SinkVerdict', SinkVerdictAnswer);

class UpgradeStateAnswer {
  @Shown('Rows of the state that is taken over, as of the newest checkpoint.', 'integer')
  readonly rows!: number;

  @Shown('Its stored bytes.', 'integer')
  readonly bytes!: number;

  @Shown('Whether rows are converted on the way.', 'boolean')
  readonly convertsState!: boolean;
}
shownType('UpgradeState', UpgradeStateAnswer);

export class UpgradePlanAnswer {
  @Shown('Id of the plan: a deployment may name it.', 'string')
  readonly id!: string;

  @Shown('The revision that it was made against.', 'integer')
  readonly revision!: number;

  @Shown('The newest checkpoint at that moment.', 'string', { nullable: true })
  readonly checkpointId!: string | null;

  @Shown('The bundle that would be deployed.', 'string')
  readonly bundleDigest!: string;

  @Shown('What was said about the state.', UpgradeOptionsOrder)
  readonly upgrade!: UpgradeOptionsOrder;

  @Shown(
    '`proceed`: nothing stands in the way; `ask`: it would wait for a decision while the old revision goes on; `refuse`: it would be refused.',
    UPGRADE_OUTCOMES,
  )
  readonly outcome!: UpgradeOutcome;

  @Shown('What stands in the way, one sentence each.', 'strings')
  readonly objections!: readonly string[];

  @Shown('The verdict on each operator with state.', [OperatorVerdictAnswer])
  readonly operators!: readonly OperatorVerdictAnswer[];

  @Shown('Uids whose code does something else.', 'strings')
  readonly logicChanged!: readonly string[];

  @Shown('Uids whose code could not be compared.', 'strings')
  readonly logicUnknown!: readonly string[];

  @Shown('What becomes of the place in each source.', [SourceVerdictAnswer])
  readonly sources!: readonly SourceVerdictAnswer[];

  @Shown('The sinks.', [SinkVerdictAnswer])
  readonly sinks!: readonly SinkVerdictAnswer[];

  @Shown('What is taken over.', UpgradeStateAnswer)
  readonly state!: UpgradeStateAnswer;

  @Shown('About how long no batch is committed, in milliseconds.', 'integer')
  readonly estimatedGapMs!: number;

  @Shown('What else to know, one sentence each.', 'strings')
  readonly warnings!: readonly string[];

  @Shown('When it was made.', 'time')
  readonly createdAt!: string;
}
shownType('UpgradePlan', UpgradePlanAnswer);
export const UpgradePlanPage = pageClass(UpgradePlanAnswer, 'UpgradePlanPage');

const showOperator = (one: OperatorVerdict): OperatorVerdictAnswer => ({
  uid: one.uid,
  verdict: one.verdict,
  from: ('from' in one ? one.from : undefined) ?? null,
  reason: 'reason' in one ? one.reason : null,
  changes: 'changes' in one ? one.changes : [],
  steps: 'steps' in one ? one.steps : [],
});

export function showPlan({ plan, ...record }: UpgradePlanRecord): UpgradePlanAnswer {
  return {
    id: record.id,
    revision: record.revision,
    checkpointId: record.checkpointId ?? null,
    bundleDigest: record.bundleDigest,
    upgrade: record.options,
    outcome: plan.outcome,
    objections: plan.objections,
    operators: plan.operators.map(showOperator),
    logicChanged: plan.logicChanged,
    logicUnknown: plan.logicUnknown,
    sources: plan.sources.map(({ uid, offsets, reason }) => ({ uid, offsets, reason: reason ?? null })),
    sinks: plan.sinks,
    state: plan.state,
    estimatedGapMs: plan.estimatedGapMs,
    warnings: plan.warnings,
    createdAt: record.createdAt.toISOString(),
  };
}
