import type {
  BatchCommit,
  ErrorCode,
  PoisonSearch,
  RedrivenRecord,
  SetAsideRecord,
  BatchPlan,
  LoggedBatch,
  PartitionIdentities,
  PartitionOffsets,
  PartitionRange,
  SourceIdentities,
  SourceOffsets,
} from '@tidemark/domain';

/** `fenced`: another run has claimed the job; nothing was written and nothing more may be. */
export type Fenced = { readonly outcome: 'fenced' };

/** Nothing was planned, because the job is not wanted running any more. */
export type HeldBack = { readonly outcome: 'held_back' };

/** The durable log of one job's batches, bound to one epoch: every write says `WHERE epoch = mine`. */
export interface BatchLog {
  /** The batches of the current timeline after `batchId`, oldest first. */
  after(batchId: number): Promise<readonly LoggedBatch[]>;
  /** Writes the plan, or returns the one that is there already: a plan is never changed. */
  plan(plan: BatchPlan): Promise<{ readonly outcome: 'planned'; readonly plan: BatchPlan } | HeldBack | Fenced>;
  /**
   * Writes the commit and, in the same statement, the next plan where one is given. `nextPlanned` says whether that is
   * durable: it is held back once the job is not wanted running any more.
   */
  commit(
    commit: BatchCommit,
    next?: BatchPlan,
  ): Promise<{ readonly outcome: 'committed'; readonly nextPlanned: boolean } | Fenced>;
  /**
   * Says, durably, that a batch which is planned and not committed leaves these records out from now on; if it is settled,
   * also that it never leaves out another one. Throws `too_many_dead_letters` if the job may not have as many.
   */
  setAside(
    plan: BatchPlan,
    records: readonly SetAsideRecord[],
    more: { readonly isSettled: boolean },
  ): Promise<{ readonly outcome: 'set_aside' } | Fenced>;
  /**
   * Whether the job's policy is to set records aside. Under another one only what is read again can be, by a batch that was
   * planned under this one.
   */
  readonly setsAside: boolean;
  /** Says, durably, how far the search has come for the record at which a batch fails. Of a job that sets records aside. */
  noteSearch(plan: BatchPlan, search: PoisonSearch): Promise<{ readonly outcome: 'noted' } | Fenced>;
  /** Whether records that were set aside wait to be read again. */
  readonly isRedriveWanted?: boolean;
  /** Those records, as many as one batch takes, of sources of the job. Asked for while no plan is open. */
  toRedrive?(sources: readonly string[]): Promise<readonly RedrivenRecord[]>;
}

export interface PlanRequest {
  /** Offsets already planned; a partition that is absent has never been seen. */
  readonly from: PartitionOffsets;
  /**
   * What those are positions of, as far as the source has said so with what was read. Where the job has gone back, what was
   * known of a partition until then follows (`knownSince`), also of one that is absent from `from`.
   */
  readonly identities?: PartitionIdentities | undefined;
  readonly timeline: number;
  readonly batchId: number;
  readonly batchTimeMs: number;
  /** The time that rate limits count: the batch interval, or what has passed since the last batch. */
  readonly intervalMs: number;
  /** The planned ranges hold at most this many bytes. There is always room for one record of any length allowed. */
  readonly bytesMax: number;
  /** Where given: nothing at or after these positions, and nothing of a partition that is absent. Each is the end of a record. */
  readonly until?: PartitionOffsets;
}

/** What can be read of a partition now. */
export interface PartitionExtent {
  readonly earliest: number;
  /** After the last whole record; undefined where there is always more. */
  readonly latest: number | undefined;
}

/** From where a source is to start: the earliest that it holds, what comes from now on, or a time in ms since 1970. */
export type SeekTo = 'earliest' | 'latest' | { readonly timestampMs: number };

/** Offsets with what they are positions of. */
export interface Located {
  readonly offsets: PartitionOffsets;
  readonly identities: PartitionIdentities;
}

/** What positions in a source count. */
export const OFFSET_UNITS = ['bytes', 'records'] as const;
export type OffsetUnit = (typeof OFFSET_UNITS)[number];

/** The offsets of a source that can be read anywhere, at any time. Looking at them has no effect. */
export interface SeekableOffsets {
  readonly unit: OffsetUnit;
  /** Every partition that there is now. */
  extent(): Promise<{ readonly [partition: string]: PartitionExtent }>;
  /** The next positions to read for a start from there. Throws `start_mode_unsupported`. */
  seek(to: SeekTo): Promise<Located>;
  /**
   * Judges offsets that somebody wants to set, and says what they are positions of. Throws `partition_unknown`,
   * `offset_out_of_range`, `offset_inside_record`.
   */
  locate(offsets: PartitionOffsets): Promise<PartitionIdentities>;
  /** Judges offsets as the next batch will: throws `offsets_expired`, `partition_replaced`, `partition_renamed`. */
  check(located: Located): Promise<void>;
  /** Records in a range; undefined where to count them would take too long. */
  count(partition: string, range: { readonly from: number; readonly to: number }): Promise<number | undefined>;
}

/** One contiguous piece of a batch's input: whole records, newline separated, the last newline optional. */
export interface InputChunk {
  readonly partition: string;
  readonly range: PartitionRange;
  /** What the range counts: bytes (`from` is the position of the first byte here), or records (one each line). */
  readonly offsetUnit: OffsetUnit;
  readonly bytes: Uint8Array;
  /** What the end of the range is a position of, from a source that can tell. */
  readonly identity?: string;
  /** The timeline on which the record was read first, of one that is read again. */
  readonly timeline?: number;
  /** Gives the memory of `bytes` back to the source: called once nothing of the batch is looked at any more. Not a duty. */
  readonly release?: () => void;
}

/** A place that records come from. One instance serves one run; only its owner calls it. */
export interface Source {
  readonly uid: string;
  /**
   * Chooses what the next batch reads, within `bytesMax` and the source's own rate limit. Ranges are contiguous with `from`; a
   * partition without new data is left out. One that has to wait may be given with an empty range, so that it counts as
   * seen. A source that cannot be read twice stores the bytes first and names the object in `held`. Throws `offsets_expired`, `partition_replaced` or `partition_renamed` where it does not hold
   * what `from` is a position of.
   */
  plan(request: PlanRequest): Promise<{ readonly [partition: string]: PartitionRange }>;
  /**
   * The bytes of exactly these ranges, the same on every call. Throws `offsets_expired` if they are gone, and
   * `partition_replaced` if what stands before them is not what `identities` say.
   */
  read(
    ranges: { readonly [partition: string]: PartitionRange },
    identities?: PartitionIdentities,
  ): Promise<readonly InputChunk[]>;
  /** True where `plan` has no effect: it may be asked, and its answer read and dropped. */
  readonly canPlanAhead?: boolean;
  /**
   * Everything that is there now and lies after `from`, up to the end of the last whole record; partitions without any
   * are left out. Absent where a source cannot tell.
   */
  backlog?(
    from: PartitionOffsets,
    identities?: PartitionIdentities,
  ): Promise<{ readonly [partition: string]: PartitionRange }>;
  /** Absent where a source can only be read on: its offsets cannot be looked up or set. */
  readonly seekable?: SeekableOffsets;
  close(): Promise<void>;
}

/** The identity of a sink's write. A sink that already holds it drops the write. */
export interface SinkWrite {
  readonly timeline: number;
  readonly batchId: number;
  readonly batchTimeMs: number;
  readonly rows: number;
  /** `rows` JSON documents, each followed by a newline. */
  readonly bytes: Uint8Array;
}

/** The batch that a timeline goes on after. */
export interface TimelineBase {
  readonly timeline: number;
  readonly batchId: number;
}

/** A place that results go to. */
export interface Sink {
  readonly uid: string;
  readonly guarantee: 'exactly_once' | 'at_least_once';
  /**
   * Says, durably, after which batch of an earlier timeline this one goes on; before the timeline's first write, and again
   * by every run on it. Of a sink that says so to its readers.
   */
  beginTimeline?(timeline: number, after: TimelineBase): Promise<void>;
  write(write: SinkWrite): Promise<'written' | 'already_held'>;
  /**
   * Whether it would drop a write of this batch, because it has something of it. Asked before a batch that a former run has
   * left open does without a record. A sink that takes batches twice may always say no.
   */
  holds(batch: Pick<SinkWrite, 'timeline' | 'batchId'>): Promise<boolean>;
  close(): Promise<void>;
}

export interface GraphInput {
  readonly timeline: number;
  readonly batchId: number;
  readonly batchTimeMs: number;
  readonly sources: readonly { readonly uid: string; readonly chunks: readonly InputChunk[] }[];
  /** Whether this is only a part of the batch, run to find the record at which it fails: nothing of it counts. */
  readonly isProbe?: true;
}

export interface GraphOutput {
  /** By sink uid. A sink without rows in this batch is absent. */
  readonly sinks: ReadonlyMap<string, { readonly rows: number; readonly bytes: Uint8Array }>;
  readonly recordsIn: number;
  readonly recordsSkipped: number;
  /** Keys held now, by operator uid. */
  readonly stateKeys: ReadonlyMap<string, number>;
  /** What operators counted in this batch, records that came too late for example: by operator uid, then by name. */
  readonly counts: ReadonlyMap<string, Readonly<Record<string, number>>>;
  /** The first few skipped records, for the job's events. */
  readonly skipped: readonly {
    readonly source: string;
    readonly partition: string;
    readonly offset: number;
    readonly reason: string;
  }[];
  /**
   * Records that were set aside, with their bytes as the source gave them. Under the policy `skip` these are what cannot be
   * read of records that are read again: they have letters, which must not count as done. Absent: none.
   */
  readonly setAside?:
    | readonly {
        readonly source: string;
        readonly partition: string;
        readonly offset: number;
        readonly timeline?: number;
        readonly code: ErrorCode;
        readonly reason: string;
        readonly bytes: Uint8Array;
      }[]
    | undefined;
}

/** How state in a checkpoint was written, and the way to what an operator takes. */
export interface StoredForm {
  /** JSON Schema of the state in the checkpoint. */
  readonly schema?: unknown;
  /** Versions from which the job's own steps lead on, in order; none where it is only read as another schema has it. */
  readonly steps: readonly number[];
}

/** The job's graph with its state: in production a sandbox process, in tests the same code in this process. */
export interface GraphRuntime {
  /** Applies one state block to an operator's state. Called before the first batch, block by block in order. */
  restore(uid: string, block: Uint8Array): Promise<void>;
  /**
   * Makes of a state block of another form one that {@link restore} takes. Throws `state_conversion_failed`: the job's code
   * threw, took too long, or made what does not fit the schema.
   */
  convert(uid: string, form: StoredForm, block: Uint8Array): Promise<Uint8Array>;
  /** Runs one batch. Throws `job_code_threw`, `record_unreadable`, `job_over_cpu`, `job_over_memory`, `sandbox_lost` … */
  run(input: GraphInput): Promise<GraphOutput>;
  /**
   * Freezes the state as of the last batch that ran: all of it, or what has changed since the snapshot before (or since
   * the restore). Its blocks are pulled while later batches run. No batch runs until this resolves.
   */
  snapshot(kind: 'full' | 'delta'): Promise<SnapshotBlocks>;
}

/** A state block of version 1, for one table of one operator: docs/formats/checkpoint-v2.md. */
export interface StateBlock {
  readonly uid: string;
  readonly bytes: Uint8Array;
  readonly rows: number;
  /** Keys that are in the block because they were removed. */
  readonly deleted: number;
}

export interface SnapshotBlocks {
  /** Pulls the next block, or undefined at the end. One call at a time, up to the end. */
  next(): Promise<StateBlock | undefined>;
}

/** State as of one batch boundary, handed out while later batches run. */
export interface StateSnapshot extends SnapshotBlocks {
  readonly timeline: number;
  readonly batchId: number;
  readonly batchTimeMs: number;
  readonly offsets: SourceOffsets;
  /** What the offsets are positions of. */
  readonly identities?: SourceIdentities | undefined;
  /** Plans that are durable and not part of this state. */
  readonly pendingPlans: readonly BatchPlan[];
  /** `delta`: only what has changed since the snapshot before it. */
  readonly kind: 'full' | 'delta';
}
