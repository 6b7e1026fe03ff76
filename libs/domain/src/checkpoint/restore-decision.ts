import type { SourceOffsets } from '../batch/batch.js';
import type { CheckpointId, DecisionId, JobId, RunId, TenantId } from '../ids.js';
import type { Checkpoint, CheckpointStatus } from './checkpoint.js';
import {
  allowsRestore,
  judgeState,
  keepsState,
  NO_UPGRADE_OPTIONS,
  objections,
  withResets,
  type OperatorVerdict,
  type UpgradeOptions,
  type WantedState,
} from './compatibility.js';
import { ComparisonBudget } from './comparison-budget.js';

/** Why a run starts at all. */
export const START_TRIGGERS = ['first_start', 'crash', 'retry', 'redeploy', 'resume', 'rollback', 'fork'] as const;
export type StartTrigger = (typeof START_TRIGGERS)[number];

/** What to do where state does not fit or cannot be read. `ask` leaves the job waiting; nothing is ever silently fresh. */
export const RESTORE_POLICIES = ['ask', 'fail', 'reset_keep_offsets'] as const;
export type RestorePolicy = (typeof RESTORE_POLICIES)[number];

export interface CandidateVerdict {
  readonly checkpointId: CheckpointId;
  readonly timeline: number;
  readonly batchId: number;
  readonly verdict: 'chosen' | 'unreadable' | 'does_not_fit' | 'not_needed';
  readonly operators: readonly OperatorVerdict[];
}

export type StartPoint =
  /** Nothing was ever committed: empty state, each source at its own beginning. */
  | { readonly kind: 'beginning' }
  /**
   * State and offsets of one checkpoint; the plans after it are run again. With `opens` there are none: the run begins a
   * timeline of its own there; `withoutState`, where nothing of the state could be kept: it begins empty, at its offsets. With
   * `offsetsFrom` its state alone: the timeline began with it and has offsets of its own.
   */
  | {
      readonly kind: 'checkpoint';
      readonly checkpointId: CheckpointId;
      readonly opens?: 'new_timeline';
      readonly withoutState?: true;
      readonly offsetsFrom?: 'timeline';
    }
  /** No checkpoint was ever completed: the plans since the beginning are run again on empty state. */
  | { readonly kind: 'replay_from_beginning' }
  /** Empty state on a new timeline, at these offsets: those of the last commit, or those that were asked for. */
  | { readonly kind: 'offsets_only'; readonly offsets: SourceOffsets };

export type RestoreVerdict =
  | { readonly outcome: 'start'; readonly from: StartPoint; readonly reasonCode: ReasonCode }
  | { readonly outcome: 'ask'; readonly reasonCode: ReasonCode; readonly reason: string }
  | { readonly outcome: 'fail'; readonly reasonCode: ReasonCode; readonly reason: string };

/** Codes are public API: never reuse or rename one. */
export const REASON_CODES = {
  NOTHING_COMMITTED: 'The job has never committed a batch.',
  NEWEST_CHECKPOINT: 'The newest complete checkpoint fits and is taken.',
  OLDER_CHECKPOINT: 'The newest checkpoint could not be read; an older one is taken.',
  NO_CHECKPOINT_YET: 'No checkpoint was completed yet; the planned batches are run again from the beginning.',
  OPERATORS_RESET:
    'Operators whose state does not fit start empty; the others keep theirs, and every source its place.',
  STATE_DOES_NOT_FIT: 'The state in the checkpoint does not fit the new code.',
  NO_READABLE_CHECKPOINT:
    'No checkpoint that is left on this timeline can be read and has all batches after it in the log. Go back to a savepoint, or ' +
    'to a checkpoint of another timeline ("tidemark rollback"), or start with empty state ("tidemark start --from offsets-only").',
  OFFSETS_PRESERVED: 'State starts empty by policy; every source goes on at its committed offset.',
  TIMELINE_BASE: 'The timeline begins with the state of this checkpoint and with offsets of its own.',
  ASKED_CHECKPOINT: 'The order to start named this checkpoint: its state and offsets, on a new timeline.',
  ASKED_OFFSETS_ONLY: 'The order to start asked for empty state; every source goes on at its committed offset.',
  ASKED_EARLIEST: 'The order to start asked for empty state and the earliest that every source holds.',
  ASKED_LATEST: 'The order to start asked for empty state and for what comes from then on.',
  ASKED_TIMESTAMP: 'The order to start asked for empty state and for what came from a point in time on.',
} as const;
export type ReasonCode = keyof typeof REASON_CODES;

/** The recorded answer to "from what does this run start, and why". One for every start. */
export interface RestoreDecision {
  readonly id: DecisionId;
  readonly tenantId: TenantId;
  readonly jobId: JobId;
  readonly runId: RunId;
  readonly trigger: StartTrigger;
  readonly policy: RestorePolicy;
  readonly candidates: readonly CandidateVerdict[];
  readonly verdict: RestoreVerdict;
  readonly actor: string;
  readonly decidedAt: Date;
}

/** Checkpoints that a decision looks at, of those that can be tried and of those that were found unreadable. */
export const CANDIDATES_MAX = 20;

/** What the checkpoint of another job, with which a fork begins, counts as: revisions of a job count from 1. */
export const REVISION_OF_ANOTHER_JOB = 0;

export interface RestoreFacts {
  readonly policy: RestorePolicy;
  /**
   * Complete checkpoints of the job's current timeline whose batches since are in the log, newest first; those found unreadable
   * are still in the list.
   */
  readonly checkpoints: readonly Pick<Checkpoint, 'id' | 'timeline' | 'batchId' | 'revision' | 'shapes' | 'status'>[];
  /** The revision that is about to start. */
  readonly revision: number;
  /** Its state. */
  readonly wanted: WantedState;
  /** What was said when the revision was deployed. */
  readonly upgrade: UpgradeOptions;
  /** Where the job stands: offsets of the last commit, or undefined if nothing was ever committed. */
  readonly committedOffsets: SourceOffsets | undefined;
  /** Whether the plans from the timeline's first batch on are still in the log, and the timeline begins with empty state. */
  readonly plansReachBeginning: boolean;
}

/** Pure: decides from what a run starts. Reading the facts and writing the answer down are the caller's work. */
export function decideRestore(facts: RestoreFacts): {
  readonly candidates: readonly CandidateVerdict[];
  readonly verdict: RestoreVerdict;
} {
  const candidates: CandidateVerdict[] = [];
  // One of them decides, and must not lack what was spent on the others.
  const others = new ComparisonBudget();
  let chosen: CandidateVerdict | undefined;
  let misfit: CandidateVerdict | undefined;
  for (const checkpoint of facts.checkpoints) {
    const { id: checkpointId, timeline, batchId } = checkpoint;
    const decides = checkpoint.status === 'complete' && chosen === undefined && misfit === undefined;
    const { outcome, operators } = fitOf(checkpoint, facts, decides ? undefined : others);
    const judge = (verdict: CandidateVerdict['verdict']): CandidateVerdict => {
      const candidate = { checkpointId, timeline, batchId, verdict, operators };
      candidates.push(candidate);
      return candidate;
    };
    if (outcome === 'not_restorable') judge('unreadable');
    else if (chosen !== undefined || misfit !== undefined) judge('not_needed');
    else if (outcome === 'fits') chosen = judge('chosen');
    // An older checkpoint of the same code would not fit either, and falling back silently is what we never do.
    else misfit = judge('does_not_fit');
  }
  return { candidates, verdict: verdictOf(facts, candidates, chosen, misfit) };
}

export const FIT_OUTCOMES = ['fits', 'does_not_fit', 'not_restorable', 'not_compared'] as const;

/** What a checkpoint is worth to a revision, whether or not it is the one that a start would take. */
export interface CheckpointFit {
  readonly outcome: (typeof FIT_OUTCOMES)[number];
  /** Under the policy of the revision, and with what was said when it was deployed. */
  readonly operators: readonly OperatorVerdict[];
  /** Why it would not be taken, one sentence each; empty where it fits. */
  readonly reasons: readonly string[];
}

/** Pure: holds one checkpoint against a revision, as a start of that revision would. */
export function fitOf(
  checkpoint: RestoreFacts['checkpoints'][number],
  facts: Pick<RestoreFacts, 'policy' | 'revision' | 'wanted' | 'upgrade'>,
  budget?: ComparisonBudget,
): CheckpointFit {
  return fitUnder(judgeCheckpoint(checkpoint, facts, budget), facts.policy, checkpoint.status);
}

/** Pure: the same of verdicts that were reached already. */
export function fitUnder(
  judged: readonly OperatorVerdict[],
  policy: RestorePolicy,
  status: CheckpointStatus,
): CheckpointFit {
  const operators = policy === 'reset_keep_offsets' ? withResets(judged) : judged;
  if (status !== 'complete') return { outcome: 'not_restorable', operators, reasons: [notComplete(status)] };
  if (!allowsRestore(operators)) return { outcome: 'does_not_fit', operators, reasons: objections(operators) };
  if (!losesAll(operators)) return { outcome: 'fits', operators, reasons: [] };
  return { outcome: 'does_not_fit', operators, reasons: reasonsOf(operators) };
}

export const notComplete = (status: CheckpointStatus): string => `it is ${status}, and only a complete one is restored`;

/** What was said of an upgrade is said of state from before it: what the revision has kept itself is its own. */
export function judgeCheckpoint(
  { revision, shapes }: RestoreFacts['checkpoints'][number],
  facts: Pick<RestoreFacts, 'revision' | 'wanted' | 'upgrade'>,
  budget?: ComparisonBudget,
): readonly OperatorVerdict[] {
  return judgeState(shapes, facts.wanted, revision === facts.revision ? NO_UPGRADE_OPTIONS : facts.upgrade, budget);
}

const reasonsOf = (operators: readonly OperatorVerdict[]): readonly string[] =>
  operators.flatMap((one) => ('reason' in one ? [one.reason] : []));

/** There is state in the checkpoint, and none of it is kept. */
export const losesAll = (operators: readonly OperatorVerdict[]): boolean =>
  !keepsState(operators) && operators.some(({ verdict }) => verdict === 'reset' || verdict === 'dropped');

function verdictOf(
  facts: RestoreFacts,
  candidates: readonly CandidateVerdict[],
  chosen: CandidateVerdict | undefined,
  misfit: CandidateVerdict | undefined,
): RestoreVerdict {
  if (chosen !== undefined) {
    const { checkpointId, operators } = chosen;
    // Only what is newer counts: one that is damaged and older is kept for long, and no start would ever have taken it.
    const newest = candidates[0] === chosen ? 'NEWEST_CHECKPOINT' : 'OLDER_CHECKPOINT';
    const reasonCode = operators.some(({ verdict }) => verdict === 'reset') ? 'OPERATORS_RESET' : newest;
    return { outcome: 'start', from: { kind: 'checkpoint', checkpointId }, reasonCode };
  }
  if (misfit !== undefined) return withoutState(facts, misfit.operators);
  if (facts.plansReachBeginning) {
    return facts.committedOffsets === undefined
      ? { outcome: 'start', from: { kind: 'beginning' }, reasonCode: 'NOTHING_COMMITTED' }
      : { outcome: 'start', from: { kind: 'replay_from_beginning' }, reasonCode: 'NO_CHECKPOINT_YET' };
  }
  return underPolicy(facts, 'NO_READABLE_CHECKPOINT', REASON_CODES.NO_READABLE_CHECKPOINT);
}

/** Nothing of the checkpoint can be kept: that somebody has said so is as good as a policy. */
function withoutState(facts: RestoreFacts, operators: readonly OperatorVerdict[]): RestoreVerdict {
  if (!allowsRestore(operators)) return underPolicy(facts, 'STATE_DOES_NOT_FIT', objections(operators).join('; '));
  const reason = reasonsOf(operators).join('; ');
  return underPolicy({ ...facts, policy: 'reset_keep_offsets' }, 'STATE_DOES_NOT_FIT', reason);
}

function underPolicy(facts: RestoreFacts, reasonCode: ReasonCode, reason: string): RestoreVerdict {
  switch (facts.policy) {
    case 'ask':
      return { outcome: 'ask', reasonCode, reason };
    case 'fail':
      return { outcome: 'fail', reasonCode, reason };
    case 'reset_keep_offsets':
      return facts.committedOffsets === undefined
        ? { outcome: 'ask', reasonCode, reason }
        : {
            outcome: 'start',
            from: { kind: 'offsets_only', offsets: facts.committedOffsets },
            reasonCode: 'OFFSETS_PRESERVED',
          };
  }
}
