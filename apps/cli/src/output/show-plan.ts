import type { UpgradePlan } from '@tidemark/sdk';
import { fields, table } from './table.js';

const OUTCOMES = {
  proceed: 'it can be deployed',
  ask: 'it would wait for a decision, while the revision before it goes on',
  refuse: 'it would be refused',
} as const satisfies Record<UpgradePlan['outcome'], string>;

type Operator = UpgradePlan['operators'][number];

/** A plan for people: {@link showVerdicts}, and what can be said next. */
export function showPlan(plan: UpgradePlan, jobName: string): readonly string[] {
  const next = whatNext(plan, jobName);
  return [...showVerdicts(plan), ...section(next, next)];
}

/** What becomes of state, places and sinks, and what stands in the way. */
export function showVerdicts(plan: UpgradePlan): readonly string[] {
  const operators = plan.operators.map((one) => [one.uid, one.verdict, logicOf(plan, one.uid), aboutOperator(one)]);
  const sources = plan.sources.map(({ uid, offsets, reason }) => [uid, offsets, logicOf(plan, uid), reason ?? '']);
  const sinks = plan.sinks.map(({ uid, change }) => [uid, change, logicOf(plan, uid)]);
  return [
    ...fields([
      ['plan', plan.id],
      ['against', `revision ${plan.revision}, checkpoint ${plan.checkpointId ?? 'none'}`],
      ['outcome', `${plan.outcome}: ${OUTCOMES[plan.outcome]}`],
      ['state', stateText(plan)],
      ['tried', triedText(plan.tried)],
      ['gap', `about ${plan.estimatedGapMs} ms without a batch`],
    ]),
    ...section(operators, table(['OPERATOR', 'STATE', 'LOGIC', ''], operators)),
    ...section(sources, table(['SOURCE', 'PLACE', 'LOGIC', ''], sources)),
    ...section(sinks, table(['SINK', 'OPTIONS', 'LOGIC'], sinks)),
    ...section(
      [...plan.objections, ...plan.warnings],
      [...plan.objections.map((sentence) => `! ${sentence}`), ...plan.warnings.map((sentence) => `- ${sentence}`)],
    ),
  ];
}

/** A dash for what is in one of the revisions alone: there is nothing to compare it with. */
function logicOf({ operators, sources, sinks, logicChanged, logicUnknown }: UpgradePlan, uid: string): string {
  if (logicChanged.includes(uid)) return 'changed';
  if (logicUnknown.includes(uid)) return 'unknown';
  const inOne =
    operators.some((one) => one.uid === uid && (['new', 'dropped'].includes(one.verdict) || one.from !== null)) ||
    sources.some((one) => one.uid === uid && ['new', 'dropped'].includes(one.offsets)) ||
    sinks.some((one) => one.uid === uid && ['new', 'dropped'].includes(one.change));
  return inOne ? '-' : 'same';
}

function aboutOperator({ from, reason, changes, steps }: Operator): string {
  return [
    ...(from === null ? [] : [`from ${from}`]),
    ...(steps.length === 0 ? [] : [`by the ${steps.length === 1 ? 'step' : 'steps'} from version ${steps.join(', ')}`]),
    ...changes,
    ...(reason === null ? [] : [reason]),
  ].join('; ');
}

function stateText({ operators, state: { rows, bytes, convertsState } }: UpgradePlan): string {
  if (operators.length === 0) return 'none';
  if (!operators.some(({ verdict }) => ['as_is', 'evolve', 'migrate', 'renamed'].includes(verdict))) {
    return 'nothing is taken over';
  }
  return `${rows} rows, ${bytes} bytes are taken over${convertsState ? ', converted on the way' : ''}`;
}

/** How to deploy it, or what to say about each operator that stands in the way. */
function whatNext(plan: UpgradePlan, jobName: string): readonly string[] {
  if (plan.outcome === 'proceed') return [`Deploy it with: tidemark deploy ${jobName} --plan ${plan.id}`];
  const inTheWay = plan.operators.filter(({ reason }) => reason !== null && plan.objections.includes(reason));
  const others = plan.operators.filter(({ verdict }) => verdict === 'new').map(({ uid }) => uid);
  return inTheWay.flatMap(({ uid, verdict }) =>
    verdict === 'dropped'
      ? [
          `--drop ${uid}: its state may go`,
          ...others.map((other) => `--rename ${uid}=${other}: its state moves to "${other}"`),
        ]
      : [`--reset ${uid}: it starts empty, and the sources go on where they are`],
  );
}

const section = (content: readonly unknown[], lines: readonly string[]): readonly string[] =>
  content.length === 0 ? [] : ['', ...lines];

function triedText(tried: UpgradePlan['tried']): string | null {
  if (tried === null) return null;
  if (tried.ofRows === 0) return 'nothing has to be converted';
  return `${tried.rows} of ${tried.ofRows} rows converted${tried.isCutShort ? ', then time was up' : ''}`;
}
