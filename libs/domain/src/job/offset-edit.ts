import type { PartitionOffsets, SourceIdentities, SourceOffsets } from '../batch/batch.js';
import type { StartMode } from '../checkpoint/start-mode.js';
import type { RestoreDecision } from '../checkpoint/restore-decision.js';
import type { CheckpointId, JobId, TenantId } from '../ids.js';
import { own } from '../own.js';
import type { JobStatus } from './job-lifecycle.js';
import type { TraceParent } from './job-store.js';

/** What somebody wants a job's offsets to be. What is not named stays as it is. */
export interface OffsetEdit {
  /** The next position to read. */
  readonly set: SourceOffsets;
  /** What `set` are positions of, from sources that can tell. */
  readonly identities: SourceIdentities;
  /** Partitions to forget, by source uid; `all` is every one: the source begins at its start for those. */
  readonly forget: { readonly [sourceUid: string]: readonly string[] | 'all' };
}

export interface OffsetChange {
  readonly source: string;
  readonly partition: string;
  /** Undefined: it was never seen. */
  readonly before: number | undefined;
  /** Undefined: it is forgotten. */
  readonly after: number | undefined;
}

export interface JobOffsets {
  readonly offsets: SourceOffsets;
  readonly identities: SourceIdentities;
}

/** Pure: the offsets after an edit, and every partition of which the offset is another one then. */
export function editOffsets(
  { offsets, identities }: JobOffsets,
  { set, identities: pinned, forget }: OffsetEdit,
): JobOffsets & { readonly changes: readonly OffsetChange[] } {
  const uids = [...new Set([...Object.keys(offsets), ...Object.keys(set)])].sort();
  const edited = uids.map((uid) => [uid, merged(own(offsets, uid), own(set, uid), own(forget, uid))] as const);
  const changes = edited.flatMap(([source, after]) => {
    const before = own(offsets, source) ?? {};
    const partitions = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return partitions
      .map((partition) => ({ source, partition, before: own(before, partition), after: own(after, partition) }))
      .filter((change) => change.before !== change.after);
  });
  const named = [...new Set([...Object.keys(identities), ...Object.keys(pinned)])].sort();
  // What a set offset is a position of is known anew, or not at all.
  const known = named.map((uid) => {
    const replaced = own(set, uid) ?? {};
    const kept = Object.entries(own(identities, uid) ?? {}).filter(
      ([partition]) => own(replaced, partition) === undefined,
    );
    return [uid, merged(Object.fromEntries(kept), own(pinned, uid), own(forget, uid))] as const;
  });
  return {
    offsets: Object.fromEntries(edited.filter(([, partitions]) => Object.keys(partitions).length > 0)),
    identities: Object.fromEntries(known.filter(([, partitions]) => Object.keys(partitions).length > 0)),
    changes,
  };
}

function merged<T>(
  before: { readonly [partition: string]: T } | undefined,
  set: { readonly [partition: string]: T } | undefined,
  forget: readonly string[] | 'all' | undefined,
): { readonly [partition: string]: T } {
  const kept = Object.entries(before ?? {}).filter(([name]) => forget !== 'all' && forget?.includes(name) !== true);
  return Object.fromEntries([...kept, ...Object.entries(set ?? {})]);
}

/** Where a job stands. */
export interface CommittedOffsets extends JobOffsets {
  readonly timeline: number;
  /** The last committed batch, or the one after which the timeline begins; 0 before the first. */
  readonly batchId: number;
  /** The newest batch on this timeline, as far as the log goes back, that read from the partition, by source uid. */
  readonly readBy: { readonly [sourceUid: string]: PartitionOffsets };
}

/** What an edit does with the job's state. */
export const STATES_OF_EDIT = ['keep', 'empty'] as const;
export type StateOfEdit = (typeof STATES_OF_EDIT)[number];

export type EditedOffsets =
  | {
      readonly outcome: 'edited';
      readonly changes: readonly OffsetChange[];
      /** The timeline that begins with them; the job's own where nothing was changed. */
      readonly timeline: number;
      /** Whose state the timeline begins with. */
      readonly checkpointId: CheckpointId | undefined;
      /** Batches of the old timeline that were planned and never committed: sinks may hold rows of theirs. */
      readonly abandoned: readonly number[];
    }
  | { readonly outcome: 'refused'; readonly status: JobStatus }
  /** The next start begins with this checkpoint, by an order to roll back: its offsets are the ones to come. */
  | { readonly outcome: 'rolls_back'; readonly checkpointId: CheckpointId }
  /** The state cannot be kept: no complete checkpoint is as of the last commit. */
  | { readonly outcome: 'no_checkpoint'; readonly newestBatchId: number | undefined; readonly lastBatchId: number }
  | { readonly outcome: 'changed_meanwhile' }
  | { readonly outcome: 'not_found' };

export type StartPreview = Pick<RestoreDecision, 'trigger' | 'policy' | 'candidates' | 'verdict'>;

/** Every store is opened for one tenant, so a query that forgets the tenant cannot be written. */
export abstract class OffsetStores {
  abstract forTenant(tenantId: TenantId): OffsetStore;
}

export interface OffsetStore {
  read(id: JobId): Promise<CommittedOffsets | undefined>;
  /**
   * Opens a new timeline that begins after the last commit with the edited offsets, so that no batch of it can be taken
   * for one of the old. Writes the event and the change in one transaction; with `dryRun` neither.
   */
  edit(
    id: JobId,
    edit: OffsetEdit,
    by: {
      readonly actor: string;
      readonly trace: TraceParent;
      readonly expectedVersion?: number | undefined;
      readonly state: StateOfEdit;
      readonly dryRun: boolean;
    },
  ): Promise<EditedOffsets>;
  /** What the next start of the job would be decided to be. Writes nothing. Undefined: there is no such job or revision. */
  preview(
    id: JobId,
    of: { readonly revision?: number | undefined; readonly startMode?: StartMode | undefined },
  ): Promise<StartPreview | undefined>;
}

/** The states in which nobody owns a job and none is about to: its offsets may be edited, and its next start be chosen. */
export const AT_REST_STATUSES = [
  'stopped',
  'failed',
  'awaiting_decision',
  'finished',
] as const satisfies readonly JobStatus[];
