import type { SourceOffsets } from '../batch/batch.js';
import type { CheckpointId, DecisionId, JobId, RunId, TenantId } from '../ids.js';
import type { Checkpoint, StateShape } from './checkpoint.js';
import { allowsRestore, compareShapes, type OperatorVerdict } from './compatibility.js';

/** Why a run starts at all. */
export const START_TRIGGERS = ['first_start', 'crash', 'retry', 'redeploy', 'resume'] as const;
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
  /** State and offsets of one checkpoint; the plans after it are run again. */
  | { readonly kind: 'checkpoint'; readonly checkpointId: CheckpointId }
  /** No checkpoint was ever completed: the plans since the beginning are run again on empty state. */
  | { readonly kind: 'replay_from_beginning' }
  /** Empty state on a new timeline, offsets of the last commit. */
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
  STATE_DOES_NOT_FIT: 'The state in the checkpoint does not fit the new code.',
  NO_READABLE_CHECKPOINT: 'No checkpoint that is left can be read.',
  OFFSETS_PRESERVED: 'State starts empty by policy; every source goes on at its committed offset.',
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

export interface RestoreFacts {
  readonly policy: RestorePolicy;
  /** Complete checkpoints of the job's current timeline, newest first; those found unreadable are still in the list. */
  readonly checkpoints: readonly Pick<Checkpoint, 'id' | 'timeline' | 'batchId' | 'shapes' | 'status'>[];
  /** State shapes of the revision that is about to start. */
  readonly shapes: { readonly [uid: string]: StateShape };
  /** Offsets of the last commit, or undefined if nothing was ever committed. */
  readonly committedOffsets: SourceOffsets | undefined;
  /** Whether the plans from the timeline's first batch on are still in the log. */
  readonly plansReachBeginning: boolean;
}

/** Pure: decides from what a run starts. Reading the facts and writing the answer down are the caller's work. */
export function decideRestore(facts: RestoreFacts): {
  readonly candidates: readonly CandidateVerdict[];
  readonly verdict: RestoreVerdict;
} {
  const candidates: CandidateVerdict[] = [];
  let chosen: CheckpointId | undefined;
  let misfit: string | undefined;
  for (const checkpoint of facts.checkpoints) {
    const { id: checkpointId, timeline, batchId } = checkpoint;
    const operators = compareShapes(checkpoint.shapes, facts.shapes);
    const judge = (verdict: CandidateVerdict['verdict']): void => {
      candidates.push({ checkpointId, timeline, batchId, verdict, operators });
    };
    if (checkpoint.status !== 'complete') judge('unreadable');
    else if (chosen !== undefined || misfit !== undefined) judge('not_needed');
    else if (allowsRestore(operators)) {
      chosen = checkpointId;
      judge('chosen');
    } else {
      // An older checkpoint of the same code would not fit either, and falling back silently is what we never do.
      misfit = operators.flatMap((operator) => ('reason' in operator ? [operator.reason] : [])).join('; ');
      judge('does_not_fit');
    }
  }
  return { candidates, verdict: verdictOf(facts, candidates, chosen, misfit) };
}

function verdictOf(
  facts: RestoreFacts,
  candidates: readonly CandidateVerdict[],
  chosen: CheckpointId | undefined,
  misfit: string | undefined,
): RestoreVerdict {
  const unreadable = candidates.some(({ verdict }) => verdict === 'unreadable');
  if (chosen !== undefined) {
    const reasonCode = unreadable ? 'OLDER_CHECKPOINT' : 'NEWEST_CHECKPOINT';
    return { outcome: 'start', from: { kind: 'checkpoint', checkpointId: chosen }, reasonCode };
  }
  if (misfit !== undefined) return underPolicy(facts, 'STATE_DOES_NOT_FIT', misfit);
  if (facts.plansReachBeginning) {
    return facts.committedOffsets === undefined
      ? { outcome: 'start', from: { kind: 'beginning' }, reasonCode: 'NOTHING_COMMITTED' }
      : { outcome: 'start', from: { kind: 'replay_from_beginning' }, reasonCode: 'NO_CHECKPOINT_YET' };
  }
  return underPolicy(facts, 'NO_READABLE_CHECKPOINT', REASON_CODES.NO_READABLE_CHECKPOINT);
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
