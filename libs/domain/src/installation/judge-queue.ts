import { TidemarkError } from '../errors/tidemark-error.js';
import type { InstallationId, QueueId } from '../ids.js';
import { LEASE_DEFAULT_MS } from '../scheduling/lease.js';
import type { QueueKind } from './queue-kind.js';

/** The queue that the database says is the installation's. */
export interface RecordedQueue {
  readonly kind: QueueKind;
  /** A new one whenever the queue is put elsewhere, so that the Redis it was in before is known by the older one. */
  readonly id: QueueId;
  /** How long no process has said that it uses the queue, in milliseconds. */
  readonly silentMs: number;
  /** When a process last found the queue's mark in its Redis, in milliseconds since 1970 by the database's clock. */
  readonly seenAtMs: number;
}

/** What a Redis bears of the queue that is in it. */
export interface QueueMark {
  readonly installation: string;
  readonly queue: string;
}

/** After this long without a word of any process, a queue is nobody's. */
export const QUEUE_SILENT_MS = LEASE_DEFAULT_MS;

/** What a process knows when it compares its queue with the installation's. */
export interface QueueFacts {
  readonly installationId: InstallationId;
  readonly recorded: RecordedQueue | undefined;
  /** Where this process has its queue. */
  readonly kind: QueueKind;
  /** What its Redis bears: `none` where that is empty. Of no meaning in Postgres. */
  readonly mark: QueueMark | 'none' | 'unreadable' | 'unreachable';
  /** The queue whose mark this process has found in its Redis before. */
  readonly known: QueueId | undefined;
  /** Whether other processes have found the recorded queue's mark since this process finds it missing in its own Redis. */
  readonly isSeenElsewhere: boolean;
  /** An operator's word that the queue of this process is to be that of this installation, whatever was before. */
  readonly adopt: string | undefined;
  /** Key of the mark, for whoever has to look at it. */
  readonly key: string;
}

/**
 * `ours`: go on. `restore`: this very Redis had the mark and was emptied; write it again. `take`: record this queue under a new id.
 * `wait`: emptied, or another Redis: others may say soon. `unknown`: cannot be reached.
 */
export type QueueVerdict = 'ours' | 'restore' | 'take' | 'wait' | 'unknown' | TidemarkError;

/**
 * Whether a process may use its queue. Losing everything in a Redis is a fault to survive, so a mark that is missing, or
 * that is an older one of this installation, refuses nobody by itself: only if others find the newer one at that time, there
 * are two Redis.
 */
export function judgeQueue(facts: QueueFacts): QueueVerdict {
  const { installationId, recorded, kind, mark, key } = facts;
  const isAdopted = facts.adopt === installationId;
  if (recorded !== undefined && recorded.kind !== kind && !isAdopted) {
    const kinds = { recorded: recorded.kind, configured: kind };
    return new TidemarkError('queue_of_another_kind', { installationId, ...kinds });
  }
  if (kind === 'postgres') return recorded?.kind === kind ? 'ours' : 'take';
  if (mark === 'unreachable') return 'unknown';
  if (recorded?.kind === kind && isMarkOf(mark, installationId, recorded.id)) return 'ours';
  if (isAdopted) return 'take';
  if (mark === 'unreadable') return new TidemarkError('queue_mark_unreadable', { installationId, key });
  if (mark !== 'none' && mark.installation !== installationId)
    return new TidemarkError('queue_of_another_installation', { installationId, found: mark.installation });
  return judgeMissingMark(facts);
}

function judgeMissingMark({ installationId, recorded, known, isSeenElsewhere }: QueueFacts): QueueVerdict {
  if (recorded === undefined) return 'take';
  if (known === recorded.id) return 'restore';
  if (recorded.silentMs >= QUEUE_SILENT_MS) return 'take';
  return isSeenElsewhere ? new TidemarkError('queue_used_elsewhere', { installationId }) : 'wait';
}

const isMarkOf = (mark: QueueFacts['mark'], installation: string, queue: string): boolean =>
  typeof mark === 'object' && mark.installation === installation && mark.queue === queue;
