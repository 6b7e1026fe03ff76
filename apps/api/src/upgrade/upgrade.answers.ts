import {
  UPGRADE_OUTCOMES,
  type SinkVerdict,
  type SourceVerdict,
  type UpgradeOutcome,
  type UpgradePlanRecord,
} from '@tidemark/domain';
import { OperatorVerdictAnswer, showOperator } from '../inspect/operator-verdict.answer.js';
import { pageClass } from '../transport/paging.js';
import { Shown, shownType } from '../transport/shown.js';
import { UpgradeOptionsOrder } from './upgrade-options.request.js';

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

class TriedStateAnswer {
  @Shown('Rows that were converted, and thrown away.', 'integer')
  readonly rows!: number;

  @Shown(
    'Rows of all operators whose state changes its form, in that checkpoint: a key that was written again counts again.',
    'integer',
  )
  readonly ofRows!: number;

  @Shown('Whether time was up before as much was tried as was asked for.', 'boolean')
  readonly isCutShort!: boolean;
}
shownType('TriedState', TriedStateAnswer);

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

  @Shown(
    'How much of the real state was converted; null where the plan is not deep, or there is no checkpoint.',
    TriedStateAnswer,
    {
      nullable: true,
    },
  )
  readonly tried!: TriedStateAnswer | null;

  @Shown('About how long no batch is committed, in milliseconds.', 'integer')
  readonly estimatedGapMs!: number;

  @Shown('What else to know, one sentence each.', 'strings')
  readonly warnings!: readonly string[];

  @Shown('When it was made.', 'time')
  readonly createdAt!: string;
}
shownType('UpgradePlan', UpgradePlanAnswer);
export const UpgradePlanPage = pageClass(UpgradePlanAnswer, 'UpgradePlanPage');

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
    tried: plan.tried ?? null,
    estimatedGapMs: plan.estimatedGapMs,
    warnings: plan.warnings,
    createdAt: record.createdAt.toISOString(),
  };
}
