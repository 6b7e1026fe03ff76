import { isTidemarkError, TidemarkError, type RestoreDecision, type RunEnd } from '@tidemark/domain';
import { randomUUID } from 'node:crypto';

/** How a run ends that threw: what another attempt may mend is tried again, the rest waits for its owner. */
export function endOfError(error: unknown): RunEnd {
  const known = isTidemarkError(error)
    ? error
    : new TidemarkError('internal_fault', { reference: randomUUID() }, { cause: error });
  const kind = known.spec.retry === 'backoff' ? 'back_off' : 'failed';
  return { kind, code: known.code, reason: known.message };
}

/** How a run ends whose state cannot be restored under the job's policy. */
export function endOfDecision({ verdict }: RestoreDecision): RunEnd {
  if (verdict.outcome === 'start') throw new Error('A decision to start does not end a run.');
  const kind = verdict.outcome === 'ask' ? 'ask' : 'failed';
  return { kind, code: 'checkpoint_unreadable', reason: `${verdict.reasonCode}: ${verdict.reason}` };
}
