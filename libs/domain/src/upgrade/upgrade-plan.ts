import type { SourceOffsets } from '../batch/batch.js';
import type { BundleManifest, GraphNode } from '../bundle/bundle.js';
import type { StateShape } from '../checkpoint/checkpoint.js';
import {
  judgeState,
  keepsState,
  objections,
  withResets,
  type OperatorVerdict,
  type UpgradeOptions,
} from '../checkpoint/compatibility.js';
import { logicChanges, type LogicChange } from '../checkpoint/logic-change.js';
import type { BundleDigest, CheckpointId, JobId, PlanId, TenantId } from '../ids.js';
import type { JobConfig } from '../job/job.js';
import { own } from '../own.js';
import { sortedJson } from '../sorted-json.js';

/** What an upgrade is held against, read at one moment. */
export interface UpgradeFacts {
  /** The revision that runs, or would. */
  readonly revision: number;
  readonly manifest: BundleManifest;
  /** The state that the next revision would take over; undefined while nothing was ever kept. */
  readonly stored: StoredState | undefined;
  /** Offsets of the last commit; undefined if nothing was ever committed. */
  readonly committedOffsets: SourceOffsets | undefined;
  /** Milliseconds that the newest batches took. */
  readonly processingMs: readonly number[];
}

export interface StoredState {
  /** The newest complete checkpoint; undefined while a job that runs has not written one. */
  readonly checkpointId: CheckpointId | undefined;
  readonly shapes: { readonly [uid: string]: StateShape };
  /** Of that checkpoint, in all. */
  readonly rows: number;
  readonly bytes: number;
}

export interface UpgradeTarget {
  readonly manifest: BundleManifest;
  readonly config: JobConfig;
  readonly options: UpgradeOptions;
}

/** What becomes of the place in one source. */
export interface SourceVerdict {
  readonly uid: string;
  /** `kept`: goes on after the last commit. `new`: begins at its start. `dropped`: forgotten. `refused`: cannot be carried over. */
  readonly offsets: 'kept' | 'new' | 'dropped' | 'refused';
  readonly reason?: string;
}

export interface SinkVerdict {
  readonly uid: string;
  readonly change: 'same' | 'changed' | 'new' | 'dropped';
}

/** How much of the real state was converted with the new code, to see whether that goes well. */
export interface TriedState {
  /** Rows that were converted. */
  readonly rows: number;
  /** Rows of all operators whose state changes its form, in that checkpoint: a key that was written again counts again. */
  readonly ofRows: number;
  /** Time was up before as much was tried as was asked for. */
  readonly isCutShort: boolean;
}

/** `proceed`: nothing stands in the way. `ask`: the old revision goes on until somebody decides. `refuse`: not under this policy. */
export const UPGRADE_OUTCOMES = ['proceed', 'ask', 'refuse'] as const;
export type UpgradeOutcome = (typeof UPGRADE_OUTCOMES)[number];

export interface UpgradePlan {
  readonly outcome: UpgradeOutcome;
  /** What stands in the way, one sentence each; empty where the outcome is `proceed`. */
  readonly objections: readonly string[];
  readonly operators: readonly OperatorVerdict[];
  /** Uids of operators, sources and sinks whose logic is another one, or may be. */
  readonly logicChanged: readonly string[];
  readonly logicUnknown: readonly string[];
  readonly sources: readonly SourceVerdict[];
  readonly sinks: readonly SinkVerdict[];
  readonly state: { readonly rows: number; readonly bytes: number; readonly convertsState: boolean };
  /** About how long no batch is committed, in milliseconds. */
  readonly estimatedGapMs: number;
  readonly warnings: readonly string[];
  /** Absent where nothing was to be tried. */
  readonly tried?: TriedState | undefined;
}

/** A plan as it is kept: a deployment may name it, and is refused if it would not come out the same any more. */
export interface UpgradePlanRecord {
  readonly id: PlanId;
  readonly tenantId: TenantId;
  readonly jobId: JobId;
  /** The revision that it was made against. */
  readonly revision: number;
  readonly checkpointId: CheckpointId | undefined;
  readonly bundleDigest: BundleDigest;
  readonly config: JobConfig;
  readonly options: UpgradeOptions;
  readonly plan: UpgradePlan;
  readonly actor: string;
  readonly createdAt: Date;
}

/** Measured on two cores: to end the last batch, hand the job over and start its sandbox. */
const HANDOVER_MS = 150;
const RESTORED_BYTES_PER_MS = 30_000;
const CONVERTED_ROWS_PER_MS = 300;

/** Pure: what an upgrade would do, decided before anything stops. */
export function planUpgrade(facts: UpgradeFacts, target: UpgradeTarget): UpgradePlan {
  const judged = judgeState(facts.stored?.shapes ?? {}, target.manifest, target.options);
  const sources = sourceVerdicts(facts, target.manifest);
  const { restorePolicy } = target.config;
  const operators = restorePolicy === 'reset_keep_offsets' ? withResets(judged) : judged;
  const refused = sources.flatMap(({ offsets, reason }) =>
    offsets === 'refused' && reason !== undefined ? [reason] : [],
  );
  const inTheWay = [...objections(operators), ...refused];
  const convertsState = operators.some(({ verdict }) => verdict === 'evolve' || verdict === 'migrate');
  const { rows = 0, bytes = 0 } = keepsState(operators) ? (facts.stored ?? {}) : {};
  const logic = Object.entries(logicChanges(facts.manifest, target.manifest));
  const withLogic = (change: LogicChange): readonly string[] =>
    logic.flatMap(([uid, of]) => (of === change ? [uid] : []));
  return {
    outcome: outcomeOf(inTheWay, refused, restorePolicy),
    objections: inTheWay,
    operators,
    logicChanged: withLogic('changed'),
    logicUnknown: withLogic('unknown'),
    sources,
    sinks: sinkVerdicts(facts.manifest, target.manifest),
    state: { rows, bytes, convertsState },
    estimatedGapMs: Math.round(
      HANDOVER_MS +
        median(facts.processingMs) +
        bytes / RESTORED_BYTES_PER_MS +
        (convertsState ? rows / CONVERTED_ROWS_PER_MS : 0),
    ),
    warnings: warningsOf(facts, target, operators, sources),
  };
}

/** The same plan after a trial; undefined: there is no checkpoint yet that could be tried. */
export function withTrial(plan: UpgradePlan, tried: TriedState | undefined): UpgradePlan {
  if (tried === undefined) {
    const warning = 'There is no checkpoint yet: no state was converted.';
    return plan.state.convertsState ? { ...plan, warnings: [...plan.warnings, warning] } : plan;
  }
  const { rows, ofRows, isCutShort } = tried;
  const warning = `Time was up after ${rows} of ${ofRows} rows of state: whether the others can be converted is not known.`;
  return { ...plan, tried, warnings: isCutShort ? [...plan.warnings, warning] : plan.warnings };
}

/** Whether a plan that was made before still holds: against the same revision, it says the same of state and offsets. */
export function stillHolds(
  expected: Pick<UpgradePlanRecord, 'revision' | 'plan'>,
  now: { readonly revision: number; readonly plan: UpgradePlan },
): boolean {
  const said = ({ outcome, objections: against, operators, sources }: UpgradePlan): string =>
    sortedJson([outcome, against, operators, sources]);
  return expected.revision === now.revision && said(expected.plan) === said(now.plan);
}

/** The options with which the plan would proceed: what does not fit starts empty, and what is gone may go. */
export function withoutObjections({ operators }: UpgradePlan, options: UpgradeOptions): UpgradeOptions {
  const uids = (verdict: OperatorVerdict['verdict']): readonly string[] =>
    operators.filter((one) => one.verdict === verdict).map(({ uid }) => uid);
  return {
    ...options,
    drops: [...new Set([...options.drops, ...uids('dropped')])],
    resets: [...new Set([...options.resets, ...uids('refused')])],
  };
}

/** A source that has become another one cannot be answered by giving up state. */
function outcomeOf(
  inTheWay: readonly string[],
  refused: readonly string[],
  policy: JobConfig['restorePolicy'],
): UpgradeOutcome {
  if (inTheWay.length === 0) return 'proceed';
  return refused.length > 0 || policy === 'fail' ? 'refuse' : 'ask';
}

function sourceVerdicts({ manifest, committedOffsets }: UpgradeFacts, next: BundleManifest): readonly SourceVerdict[] {
  const [before, after] = [nodesOf(manifest, 'source'), nodesOf(next, 'source')];
  const known = new Set([...before.keys(), ...Object.keys(committedOffsets ?? {})]);
  return [...new Set([...known, ...after.keys()])].sort().map((uid): SourceVerdict => {
    const [old, now] = [before.get(uid), after.get(uid)];
    if (now === undefined) {
      return { uid, offsets: 'dropped', reason: `"${uid}" is not in the job any more: its place is forgotten` };
    }
    if (!known.has(uid)) return { uid, offsets: 'new', reason: `"${uid}" is new: it begins at its start` };
    if (old !== undefined && old.connector !== now.connector) {
      const was = `"${uid}" was read from ${old.connector ?? 'nothing'} and is now read from ${now.connector ?? 'nothing'}`;
      return { uid, offsets: 'refused', reason: `${was}, where its offsets mean nothing: give it another uid` };
    }
    return { uid, offsets: 'kept' };
  });
}

function sinkVerdicts(manifest: BundleManifest, next: BundleManifest): readonly SinkVerdict[] {
  const [before, after] = [nodesOf(manifest, 'sink'), nodesOf(next, 'sink')];
  return [...new Set([...before.keys(), ...after.keys()])].sort().map((uid): SinkVerdict => {
    const [old, now] = [before.get(uid), after.get(uid)];
    if (old === undefined) return { uid, change: 'new' };
    if (now === undefined) return { uid, change: 'dropped' };
    return { uid, change: endText(old) === endText(now) ? 'same' : 'changed' };
  });
}

function warningsOf(
  { manifest, stored, committedOffsets }: UpgradeFacts,
  target: UpgradeTarget,
  operators: readonly OperatorVerdict[],
  sources: readonly SourceVerdict[],
): readonly string[] {
  const { options, manifest: next } = target;
  const [before, after] = [nodesOf(manifest, 'source'), nodesOf(next, 'source')];
  const changed = [...after].filter(([uid, node]) => {
    const old = before.get(uid);
    return old !== undefined && old.connector === node.connector && endText(old) !== endText(node);
  });
  const inCheckpoint = stored?.shapes ?? {};
  return [
    ...(committedOffsets === undefined ? ['The job has never committed a batch: there is nothing to take over.'] : []),
    ...operators.flatMap((one) =>
      one.verdict === 'reset' || (one.verdict === 'dropped' && one.isAllowed)
        ? [`State is given up: ${one.reason}.`]
        : [],
    ),
    ...sources.flatMap(({ offsets, reason }) =>
      (offsets === 'dropped' || offsets === 'new') && reason !== undefined ? [`Source ${reason}.`] : [],
    ),
    ...changed.map(([uid]) => `Source "${uid}" has other options: its place is kept by the names of its partitions.`),
    ...wordsWithoutEffect(options, inCheckpoint, next.shapes),
    ...(manifest.batchIntervalMs === next.batchIntervalMs
      ? []
      : [`The batch interval was ${manifest.batchIntervalMs} ms and is now ${next.batchIntervalMs} ms.`]),
  ];
}

type Shapes = BundleManifest['shapes'];

/** What was said about state and changes nothing: somebody may have meant another uid. */
function wordsWithoutEffect(
  { renames, drops }: UpgradeOptions,
  inCheckpoint: Shapes,
  wanted: Shapes,
): readonly string[] {
  return [
    ...Object.entries(renames).flatMap(([from, to]) => {
      const says = `The rename of "${from}" to "${to}" says nothing`;
      if (own(inCheckpoint, from) === undefined || own(wanted, to) === undefined)
        return [`${says}: one of them is not there.`];
      return own(wanted, from) === undefined ? [] : [`${says}: "${from}" is still in the job, and keeps its state.`];
    }),
    ...drops
      .filter((uid) => own(wanted, uid) !== undefined)
      .map((uid) => `That "${uid}" may be dropped says nothing: it is still in the job, and keeps its state.`),
  ];
}

const nodesOf = ({ nodes }: BundleManifest, kind: string): ReadonlyMap<string, GraphNode> =>
  new Map(nodes.filter((node) => node.kind === kind).map((node) => [node.uid ?? '', node]));

const endText = ({ connector, options }: GraphNode): string => sortedJson({ connector, options });

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}
