import type { UpgradePlan } from '@tidemark/sdk';
import { fields, table } from './table.js';

const OUTCOMES = {
  proceed: 'it can be deployed',
  ask: 'it would wait for a decision, while the revision before it goes on',
  refuse: 'it would be refused',
} as const satisfies Record<UpgradePlan['outcome'], string>;

/** A plan for people: what becomes of state, places and sinks, and what stands in the way. */
export function showPlan(plan: UpgradePlan): readonly string[] {
  const about = ({ from, reason, changes, steps }: UpgradePlan['operators'][number]): string =>
    [
      ...(from === null ? [] : [`from ${from}`]),
      ...(steps.length === 0 ? [] : [`from version ${steps.join(', ')}`]),
      ...changes,
      ...(reason === null ? [] : [reason]),
    ].join('; ');
  const operators = plan.operators.map((one) => [
    one.uid,
    one.verdict,
    plan.logicChanged.includes(one.uid) ? 'changed' : plan.logicUnknown.includes(one.uid) ? 'unknown' : 'same',
    about(one),
  ]);
  const sources = plan.sources.map(({ uid, offsets, reason }) => [uid, offsets, reason ?? '']);
  const sinks = plan.sinks.map(({ uid, change }) => [uid, change]);
  return [
    ...fields([
      ['plan', plan.id],
      ['against', `revision ${plan.revision}, checkpoint ${plan.checkpointId ?? 'none'}`],
      ['outcome', `${plan.outcome}: ${OUTCOMES[plan.outcome]}`],
      [
        'state',
        `${plan.state.rows} rows, ${plan.state.bytes} bytes${plan.state.convertsState ? ', converted on the way' : ''}`,
      ],
      ['gap', `about ${plan.estimatedGapMs} ms without a batch`],
    ]),
    ...section(table(['OPERATOR', 'STATE', 'LOGIC', ''], operators), operators),
    ...section(table(['SOURCE', 'PLACE', ''], sources), sources),
    ...section(table(['SINK', 'IS'], sinks), sinks),
    ...plan.objections.map((sentence) => `! ${sentence}`),
    ...plan.warnings.map((sentence) => `- ${sentence}`),
  ];
}

const section = (lines: readonly string[], rows: readonly unknown[]): readonly string[] =>
  rows.length === 0 ? [] : ['', ...lines];
