import type { InstallationId, QueueId } from '../ids.js';
import type { RecordedQueue } from './judge-queue.js';
import type { QueueKind } from './queue-kind.js';

/** One database together with one object store and one queue. */
export interface Installation {
  readonly id: InstallationId;
  /** Whether the id was written into an object store: from then on that one alone is the installation's. */
  readonly storeMarked: boolean;
  /** The queue through which its processes reach each other; undefined until the first of them has one. */
  readonly queue: RecordedQueue | undefined;
}

/** What the database says that the installation's object store must hold, the newest first and a bounded number of each. */
export interface ExpectedObjects {
  /** Folders of complete checkpoints. */
  readonly checkpoints: readonly string[];
  /** Code of bundles. */
  readonly bundles: readonly string[];
}

/** The installation that the database belongs to. */
export abstract class Installations {
  /** Makes the id if there is none yet: of all processes that ask at once, each gets the same one. */
  abstract find(): Promise<Installation>;
  /**
   * Runs `claim` while no other process runs one, and notes that the store is marked once it resolves. `claim` writes the
   * mark, or throws where the store is not this installation's.
   */
  abstract markStore(claim: (installation: Installation, expected: ExpectedObjects) => Promise<void>): Promise<void>;
  /**
   * Notes that the calling process uses the queue, if it is still the installation's.
   *
   * @param isSighted whether the queue's mark was found in its Redis just now: a queue that cannot be reached is used too
   */
  abstract noteQueueUsed(queueId: QueueId, options: { readonly isSighted: boolean }): Promise<void>;
  /**
   * Records a queue with an id of its own in place of the one before, if `mayTake` says so of the installation as it stands
   * while no other process changes it. Undefined if not.
   */
  abstract takeQueue(
    kind: QueueKind,
    mayTake: (installation: Installation) => Promise<boolean>,
  ): Promise<QueueId | undefined>;
  /** Runs `mark` while no other process changes the installation's queue, if that is still this one. */
  abstract markQueue(queueId: QueueId, mark: () => Promise<void>): Promise<void>;
}
