import type { SourceIdentities, SourceOffsets } from '../batch/batch.js';
import type { CheckpointId, RollbackId } from '../ids.js';
import { allowsRestore, objections, withResets } from './compatibility.js';
import {
  decideRestore,
  judgeCheckpoint,
  losesAll,
  type CandidateVerdict,
  type ReasonCode,
  type RestoreFacts,
  type RestoreVerdict,
} from './restore-decision.js';

/** From what a start may be asked to begin. */
export const START_MODES = [
  'latest-checkpoint',
  'checkpoint',
  'offsets-only',
  'earliest',
  'latest',
  'timestamp',
] as const;
export type StartModeName = (typeof START_MODES)[number];

/** Offsets that the sources themselves have found for a mode, when the start was ordered. */
interface Sought {
  readonly offsets: SourceOffsets;
  readonly identities?: SourceIdentities | undefined;
}

/** An order to begin somewhere else than at the newest checkpoint. It holds for one start. */
export type StartMode =
  /** State, offsets and batch id of this checkpoint, on a new timeline. */
  | {
      readonly mode: 'checkpoint';
      readonly checkpointId: CheckpointId;
      /** The order to roll back that named it. It holds until a start is decided, whatever is stopped and started until then. */
      readonly rollbackId?: RollbackId;
      /** A revision on probation has failed and the job goes back by itself. It holds for as long as an order to roll back does. */
      readonly byItself?: true;
    }
  /** Empty state, and the offsets of the last commit. */
  | { readonly mode: 'offsets-only' }
  | ({ readonly mode: 'earliest' | 'latest' } & Sought)
  /** Milliseconds since the Unix epoch. */
  | ({ readonly mode: 'timestamp'; readonly timestampMs: number } & Sought);

/** What takes a job back, and outlives stops; undefined for a start that was only told where to begin. */
export const goingBack = (startMode: StartMode | undefined): Extract<StartMode, { mode: 'checkpoint' }> | undefined =>
  startMode?.mode === 'checkpoint' && (startMode.rollbackId !== undefined || startMode.byItself === true)
    ? startMode
    : undefined;

const REASON = {
  checkpoint: 'ASKED_CHECKPOINT',
  'offsets-only': 'ASKED_OFFSETS_ONLY',
  earliest: 'ASKED_EARLIEST',
  latest: 'ASKED_LATEST',
  timestamp: 'ASKED_TIMESTAMP',
} as const satisfies Record<StartMode['mode'], ReasonCode>;

export interface StartFacts extends RestoreFacts {
  /** What the order to start asked for; undefined: the newest checkpoint that fits. */
  readonly startMode?: StartMode | undefined;
  /** The checkpoint that `startMode` names, if there is still one. */
  readonly asked?: RestoreFacts['checkpoints'][number] | undefined;
  /** The checkpoint of an earlier timeline with whose state this one begins. It is the last of `checkpoints`. */
  readonly baseCheckpointId?: CheckpointId | undefined;
}

type Decision = ReturnType<typeof decideRestore>;

/**
 * Pure: decides from what a run starts, also where the order to start named something else than the newest checkpoint.
 * What was asked for is done or refused: no other checkpoint ever stands in for the one that was named.
 */
export function decideStart(facts: StartFacts): Decision {
  const { startMode, committedOffsets } = facts;
  if (startMode === undefined) return saysBase(facts, decideRestore(facts));
  if (startMode.mode === 'checkpoint') return decideAsked(facts);
  const reasonCode = REASON[startMode.mode];
  const offsets = startMode.mode === 'offsets-only' ? committedOffsets : startMode.offsets;
  return {
    candidates: [],
    verdict:
      offsets === undefined
        ? { outcome: 'start', from: { kind: 'beginning' }, reasonCode: 'NOTHING_COMMITTED' }
        : { outcome: 'start', from: { kind: 'offsets_only', offsets }, reasonCode },
  };
}

/**
 * Says so where the chosen checkpoint is the one that the timeline begins with: its offsets are the timeline's own. That
 * a newer one could not be read, or that operators start empty, is what matters more of a start.
 */
function saysBase({ baseCheckpointId }: StartFacts, decision: Decision): Decision {
  const { verdict, candidates } = decision;
  if (verdict.outcome !== 'start' || verdict.from.kind !== 'checkpoint') return decision;
  if (verdict.from.checkpointId !== baseCheckpointId) return decision;
  const reasonCode = verdict.reasonCode === 'NEWEST_CHECKPOINT' ? 'TIMELINE_BASE' : verdict.reasonCode;
  return { candidates, verdict: { ...verdict, from: { ...verdict.from, offsetsFrom: 'timeline' }, reasonCode } };
}

function decideAsked(facts: StartFacts): Decision {
  const { asked, policy, startMode } = facts;
  const held = (reasonCode: ReasonCode, reason: string): RestoreVerdict => ({
    outcome: policy === 'fail' ? 'fail' : 'ask',
    reasonCode,
    reason,
  });
  if (asked === undefined) {
    const reason = 'The checkpoint that the start was to begin with is there no more.';
    return { candidates: [], verdict: held('NO_READABLE_CHECKPOINT', reason) };
  }
  const { id: checkpointId, timeline, batchId } = asked;
  const said = judgeCheckpoint(asked, facts);
  // What was deployed since the order to go back was judged by this checkpoint, under its policy: it gets what that promised.
  const mayReset = policy === 'reset_keep_offsets' && goingBack(startMode) !== undefined;
  const operators = mayReset ? withResets(said) : said;
  const judged = (verdict: CandidateVerdict['verdict']): readonly CandidateVerdict[] => [
    { checkpointId, timeline, batchId, verdict, operators },
  ];
  if (asked.status !== 'complete') {
    const reason = `The checkpoint ${checkpointId} is ${asked.status}; only a complete one can be restored.`;
    return { candidates: judged('unreadable'), verdict: held('NO_READABLE_CHECKPOINT', reason) };
  }
  if (!allowsRestore(operators)) {
    const reason = objections(operators).join('; ');
    return { candidates: judged('does_not_fit'), verdict: held('STATE_DOES_NOT_FIT', reason) };
  }
  const empty = losesAll(operators) ? ({ withoutState: true } as const) : {};
  const from = { kind: 'checkpoint', checkpointId, opens: 'new_timeline', ...empty } as const;
  const isReset = operators.some(({ verdict }) => verdict === 'reset');
  const reasonCode = isReset ? 'OPERATORS_RESET' : 'ASKED_CHECKPOINT';
  return { candidates: judged('chosen'), verdict: { outcome: 'start', from, reasonCode } };
}
