import {
  REASON_CODES,
  RESTORE_POLICIES,
  RUN_STATUSES,
  START_TRIGGERS,
  type CandidateVerdict,
  type JobConfig,
  type JobEventRecord,
  type ReasonCode,
  type RestoreDecision,
  type RestorePolicy,
  type RestoreVerdict,
  type Revision,
  type Run,
  type RunStatus,
  type SourceOffsets,
  type StartTrigger,
  type UpgradeOptions,
} from '@tidemark/domain';
import { pageClass } from '../transport/paging.js';
import { Shown, shownType } from '../transport/shown.js';

class LimitsAnswer {
  @Shown("Memory of the job's sandbox, in MiB.", 'integer')
  readonly memoryMb!: number;

  @Shown('CPU deadline of one batch, in milliseconds.', 'integer')
  readonly cpuMsPerBatch!: number;
}
shownType('Limits', LimitsAnswer);

class HealthAnswer {
  @Shown(
    'Batches that it must commit within these limits before it counts as healthy; 0: it is not watched.',
    'integer',
  )
  readonly batches!: number;

  @Shown('How many times longer than before a batch, and each of its records, may take.', 'number')
  readonly slowdown!: number;

  @Shown('How many times as many rows of state as it took over it may have.', 'number')
  readonly growth!: number;

  @Shown("Which part of a batch's records it may skip as unreadable.", 'number')
  readonly skipped!: number;
}
shownType('HealthLimits', HealthAnswer);

class ConfigAnswer {
  @Shown('What to do where state does not fit or cannot be read.', RESTORE_POLICIES)
  readonly restorePolicy!: RestorePolicy;

  @Shown('Milliseconds between checkpoints.', 'integer')
  readonly checkpointIntervalMs!: number;

  @Shown('Bounds of the job.', LimitsAnswer)
  readonly limits!: LimitsAnswer;

  @Shown('What the revision is held to after it has taken over from another one.', HealthAnswer)
  readonly health!: HealthAnswer;
}
shownType('JobConfig', ConfigAnswer);

export class RevisionAnswer {
  @Shown('Counts from 1 for each job.', 'integer')
  readonly number!: number;

  @Shown('Digest of the bundle.', 'string')
  readonly bundleDigest!: string;

  @Shown('The configuration, defaults filled in.', ConfigAnswer)
  readonly config!: JobConfig;

  @Shown('What was said about the state that it takes over: renames, drops and resets.', 'json')
  readonly upgrade!: UpgradeOptions;

  @Shown('When it was submitted.', 'time')
  readonly createdAt!: string;
}
shownType('Revision', RevisionAnswer);
export const RevisionPage = pageClass(RevisionAnswer, 'RevisionPage');

export const showRevision = ({ number, bundleDigest, config, options, createdAt }: Revision): RevisionAnswer => ({
  number,
  bundleDigest,
  config,
  upgrade: options,
  createdAt: createdAt.toISOString(),
});

export class RunAnswer {
  @Shown('Id of the run.', 'string')
  readonly id!: string;

  @Shown('The revision that it runs.', 'integer')
  readonly revision!: number;

  @Shown('What became of it.', RUN_STATUSES)
  readonly status!: RunStatus;

  @Shown('The runner that claimed it.', 'string', { nullable: true })
  readonly runnerId!: string | null;

  @Shown("The job's epoch while this run owned it; null until claimed.", 'integer', { nullable: true })
  readonly epoch!: number | null;

  @Shown('When it was scheduled.', 'time')
  readonly createdAt!: string;

  @Shown('When a runner claimed it.', 'time', { nullable: true })
  readonly claimedAt!: string | null;

  @Shown('When it ended.', 'time', { nullable: true })
  readonly endedAt!: string | null;

  @Shown('Why it ended.', 'string', { nullable: true })
  readonly endReason!: string | null;
}
shownType('Run', RunAnswer);
export const RunPage = pageClass(RunAnswer, 'RunPage');

export const showRun = (run: Run): RunAnswer => ({
  id: run.id,
  revision: run.revision,
  status: run.status,
  runnerId: run.runnerId ?? null,
  epoch: run.epoch ?? null,
  createdAt: run.createdAt.toISOString(),
  claimedAt: run.claimedAt?.toISOString() ?? null,
  endedAt: run.endedAt?.toISOString() ?? null,
  endReason: run.endReason ?? null,
});

class CandidateAnswer {
  @Shown('The checkpoint looked at.', 'string')
  readonly checkpointId!: string;

  @Shown('Its timeline.', 'integer')
  readonly timeline!: number;

  @Shown('Its batch.', 'integer')
  readonly batchId!: number;

  @Shown('What was found.', ['chosen', 'unreadable', 'does_not_fit', 'not_needed'])
  readonly verdict!: CandidateVerdict['verdict'];

  @Shown('The verdict of each operator with state: `uid`, `verdict` and, where refused, `reason`.', 'json')
  readonly operators!: { readonly [uid: string]: { readonly verdict: string; readonly reason?: string } };
}
shownType('RestoreCandidate', CandidateAnswer);

const OFFSETS_FROM = ['beginning', 'checkpoint', 'timeline', 'last_commit', 'sources'] as const;

class StartPointAnswer {
  @Shown('From what the run starts.', ['beginning', 'checkpoint', 'replay_from_beginning', 'offsets_only'])
  readonly kind!: string;

  @Shown(
    'Where the offsets come from: the source has none yet, those of the checkpoint, those with which the timeline ' +
      'begins, those of the last commit, or those that the sources have found.',
    OFFSETS_FROM,
  )
  readonly offsetsFrom!: (typeof OFFSETS_FROM)[number];

  @Shown('The checkpoint, where it is one.', 'string', { nullable: true })
  readonly checkpointId!: string | null;

  @Shown('The offsets, where only they are taken.', 'offsets', { nullable: true })
  readonly offsets!: SourceOffsets | null;
}
shownType('StartPoint', StartPointAnswer);

/** From what a run starts, or why it does not. */
export class VerdictAnswer {
  @Shown('The checkpoints looked at, newest first.', [CandidateAnswer])
  readonly candidates!: readonly CandidateAnswer[];

  @Shown('What was decided.', ['start', 'ask', 'fail'])
  readonly outcome!: RestoreVerdict['outcome'];

  @Shown('Why, as a stable code.', Object.keys(REASON_CODES))
  readonly reasonCode!: ReasonCode;

  @Shown('Why, as a sentence.', 'string')
  readonly reason!: string;

  @Shown('From what the run starts; null where it does not.', StartPointAnswer, { nullable: true })
  readonly from!: StartPointAnswer | null;
}

export class DecisionAnswer extends VerdictAnswer {
  @Shown('Id of the decision.', 'string')
  readonly id!: string;

  @Shown('The run that it was made for.', 'string')
  readonly runId!: string;

  @Shown('Why a run starts at all.', START_TRIGGERS)
  readonly trigger!: StartTrigger;

  @Shown('The policy of the revision.', RESTORE_POLICIES)
  readonly policy!: RestorePolicy;

  @Shown('Who caused the start.', 'string')
  readonly actor!: string;

  @Shown('When it was decided.', 'time')
  readonly decidedAt!: string;
}
shownType('RestoreDecision', DecisionAnswer);
export const DecisionPage = pageClass(DecisionAnswer, 'RestoreDecisionPage');

export const showDecision = (decision: RestoreDecision): DecisionAnswer => ({
  id: decision.id,
  runId: decision.runId,
  trigger: decision.trigger,
  policy: decision.policy,
  ...showVerdict(decision),
  actor: decision.actor,
  decidedAt: decision.decidedAt.toISOString(),
});

export const showVerdict = ({
  candidates,
  verdict,
}: Pick<RestoreDecision, 'candidates' | 'verdict'>): VerdictAnswer => ({
  candidates: candidates.map(showCandidate),
  outcome: verdict.outcome,
  reasonCode: verdict.reasonCode,
  reason: 'reason' in verdict ? verdict.reason : REASON_CODES[verdict.reasonCode],
  from: verdict.outcome === 'start' ? showStartPoint(verdict) : null,
});

const showCandidate = ({ operators, ...candidate }: CandidateVerdict): CandidateAnswer => ({
  ...candidate,
  operators: Object.fromEntries(operators.map(({ uid, ...verdict }) => [uid, verdict])),
});

type Start = Extract<RestoreVerdict, { outcome: 'start' }>;

const showStartPoint = ({ from, reasonCode }: Start): StartPointAnswer => ({
  kind: from.kind,
  offsetsFrom: offsetsFrom(from, reasonCode),
  checkpointId: from.kind === 'checkpoint' ? from.checkpointId : null,
  offsets: from.kind === 'offsets_only' ? from.offsets : null,
});

function offsetsFrom(from: Start['from'], reasonCode: ReasonCode): StartPointAnswer['offsetsFrom'] {
  if (from.kind === 'replay_from_beginning') return 'timeline';
  if (from.kind === 'offsets_only') return SOUGHT.includes(reasonCode) ? 'sources' : 'last_commit';
  // A decision that was recorded before `from` could say it says it in its reason alone.
  if (from.kind === 'checkpoint' && reasonCode === 'TIMELINE_BASE') return 'timeline';
  return from.kind === 'checkpoint' ? (from.offsetsFrom ?? 'checkpoint') : from.kind;
}

/** Offsets that the sources have found themselves. */
const SOUGHT: readonly ReasonCode[] = ['ASKED_EARLIEST', 'ASKED_LATEST', 'ASKED_TIMESTAMP'];

export class EventAnswer {
  @Shown('Grows with every event; the id of the server-sent event and the `after` of the next page.', 'string')
  readonly seq!: string;

  @Shown('When it happened.', 'time')
  readonly at!: string;

  @Shown('What happened, for example `run.claimed`.', 'string')
  readonly type!: string;

  @Shown('The particulars.', 'json')
  readonly data!: { readonly [name: string]: unknown };
}
shownType('JobEvent', EventAnswer);
export const EventPage = pageClass(EventAnswer, 'JobEventPage');

export const showEvent = ({ seq, at, type, data }: JobEventRecord): EventAnswer => ({
  seq,
  at: at.toISOString(),
  type,
  data,
});
