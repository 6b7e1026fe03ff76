import {
  isTidemarkError,
  TidemarkError,
  type ErrorCode,
  type RestoreDecision,
  type RestorePolicy,
  type RunEnd,
} from '@tidemark/domain';
import { randomUUID } from 'node:crypto';
import type { RunAgain } from '@tidemark/engine';
import type { AbandonReason } from './active-run.js';

/** What a source does not hold any more. To go on elsewhere would lose or repeat records, which only its owner may choose. */
const INPUT_GONE: readonly ErrorCode[] = ['offsets_expired', 'partition_replaced', 'partition_renamed'];

export const isInputGone = (error: unknown): boolean => isTidemarkError(error) && INPUT_GONE.includes(error.code);

/**
 * How a run ends that threw: what another attempt may mend is tried again, the rest waits for its owner. Under every
 * policy but `fail`, input that is gone is a question to the owner; keeping the offsets, as one of them does, does not help.
 */
export function endOfError(error: unknown, policy: RestorePolicy): RunEnd {
  const known = isTidemarkError(error)
    ? error
    : new TidemarkError('internal_fault', { reference: randomUUID() }, { cause: error });
  const { code, message: reason } = known;
  if (known.spec.retry === 'backoff') return { kind: 'back_off', code, reason };
  if (isInputGone(known) && policy !== 'fail') return { kind: 'ask', code, reason };
  const stack = known.params !== undefined && 'stack' in known.params ? known.params.stack : undefined;
  return { kind: 'failed', code, reason, ...(stack === undefined ? {} : { stack }) };
}

/** How a run ends whose state cannot be restored under the job's policy. */
export function endOfDecision({ verdict }: RestoreDecision): RunEnd {
  if (verdict.outcome === 'start') throw new Error('A decision to start does not end a run.');
  const kind = verdict.outcome === 'ask' ? 'ask' : 'failed';
  return { kind, code: 'checkpoint_unreadable', reason: `${verdict.reasonCode}: ${verdict.reason}` };
}

/** How a run ends of which a batch is to be run again, by a run that begins with the state before it. */
export function endOfPoison({ batchId, without, why: { code, reason } }: RunAgain): RunEnd {
  const how =
    without === undefined
      ? 'to find out whether a record ends it'
      : `without the record ${without.source}/${without.partition}@${without.offset}`;
  return { kind: 'run_again', code, reason: `Batch ${batchId} runs again ${how}: ${reason}` };
}

/** How a run ends that was told to let go at once. One that has lost the job leaves no word: the job is another's. */
export const endOfAbandonment = (reason: AbandonReason): RunEnd | undefined =>
  reason === 'cancelled' ? { kind: 'cancelled' } : undefined;

/** The same end without anything that a tenant's code or data has said. */
export function inOurWords(end: RunEnd): RunEnd {
  if (end.kind === 'drained' || end.kind === 'finished' || end.kind === 'cancelled') return end;
  return { kind: end.kind, code: end.code, reason: 'What was said of it cannot be kept.' };
}
