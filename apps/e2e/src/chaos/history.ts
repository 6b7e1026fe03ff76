import type { Inputs } from './inputs.js';
import type { Kept, Row, Shape } from './reducers.js';

/** A batch of a job. */
export interface Point {
  readonly timeline: number;
  readonly batchId: number;
}

/** Who wrote something, and what the job's row said at that moment. */
interface Written extends Point {
  readonly epoch: number;
  readonly job: { readonly epoch: number; readonly timeline: number };
}

/** Of the state of a job's first revision. */
export const FIRST_FORM = 1;

export interface StoredCheckpoint extends Point {
  readonly id: string;
  /** Of the state: one that has another form does not fit. */
  readonly form: number;
  /** Folders of its own objects, and of those that it builds on. */
  readonly paths: readonly string[];
}

export type Ranges = {
  readonly [source: string]: { readonly [partition: string]: { readonly from: number; readonly to: number } };
};

/** Something that became durable in the service's database, in the order in which it did. */
export type LogEntry =
  | { readonly kind: 'claim'; readonly epoch: number }
  /**
   * A timeline begins, of the job in that revision. `after` is left out for the first one; `isEmpty`: with no state; `base`: with
   * that of this checkpoint.
   */
  | {
      readonly kind: 'timeline';
      readonly timeline: number;
      readonly revision: number;
      readonly after?: Point;
      readonly isEmpty: boolean;
      readonly base?: string;
    }
  /** `isWanted`: the job was to run, and to begin nowhere else. */
  | ({ readonly kind: 'plan'; readonly ranges: Ranges; readonly isWanted: boolean } & Written)
  | ({ readonly kind: 'commit' } & Written)
  /** It turned complete. */
  | ({ readonly kind: 'checkpoint' } & StoredCheckpoint & Written)
  /** It was found unreadable, or collected. */
  | { readonly kind: 'gone'; readonly id: string; readonly status: 'corrupt' | 'deleted' }
  /** A run has ended at a batch's end, for a reason of that kind. `open`: plans of its timeline without a commit. */
  | { readonly kind: 'release'; readonly reason: string; readonly epoch: number; readonly open: number };

export type Logged<K extends LogEntry['kind']> = Extract<LogEntry, { kind: K }>;

/** What a sink holds. */
export type SinkHistory = FilesHistory | TableHistory;

/** Of a `files` sink: every entry of its log, and which of them count for a reader who goes by its format. */
export interface FilesHistory {
  readonly kind: 'files';
  readonly uid: string;
  /** The newest timeline that it knows of. */
  readonly timeline: number;
  readonly entries: readonly (Point & { readonly rows: readonly Row[]; readonly isVisible: boolean })[];
}

/** Of a table to which rows are added (each record is one), or in which the newest row of a key counts. */
export interface TableHistory {
  readonly kind: 'append' | 'upsert';
  readonly uid: string;
  readonly rows: readonly Row[];
}

/** Where a job stands between two batches. */
export interface Standing {
  readonly kept: Kept;
  /** By source and partition. */
  readonly offsets: ReadonlyMap<string, number>;
}

/** All that is known of one job. */
export interface JobHistory {
  readonly shape: Shape;
  readonly log: readonly LogEntry[];
  readonly inputs: Inputs;
  /** Of a fork: the batch that its first one follows, and where the other job stood after it. */
  readonly origin?: { readonly batchId: number; readonly standing: Standing; readonly checkpoint: StoredCheckpoint };
  readonly sinks: readonly SinkHistory[];
  /**
   * Orders to go back that were decided on: after which batch the job had to begin, and on which timeline it did; without
   * one, its checkpoint could not be taken.
   */
  readonly rollbacks: readonly { readonly timeline?: number; readonly to: Point; readonly checkpointId: string }[];
  /** By revision: the form of its state. */
  readonly forms: ReadonlyMap<number, number>;
  /** Folders of checkpoints in which something was damaged. */
  readonly damaged: ReadonlySet<string>;
  /** How often somebody has said that it begin with empty state. */
  readonly resetsOrdered: number;
  /** Nothing waits to be read, and the job is at rest: what a sink holds is what it has to. */
  readonly isSettled: boolean;
}

export const VIOLATIONS = {
  lost: 'records or rows that are not where they have to be',
  twice: 'records or rows that count more than once',
  stale: 'something was written by a run that had lost the job, or holds what a later run has replaced',
  reordered: 'records of one key in another order than that in which they came',
  open: 'runs that have let go of a job at a batch boundary, and left a batch that is planned and not committed',
  gap: 'ranges of a timeline that do not tile a partition, or a plan that changed',
  aborted: 'rows that a reader sees of a batch that was never committed, or was taken back',
  wrong: 'rows that do not say what they have to',
  elsewhere: 'a rollback that did not begin where it was ordered to',
  reset: 'state that began empty although a checkpoint that fits was left, and nobody had asked for it',
  unreadable: 'checkpoints that nobody has damaged and that count as damaged',
} as const;
export type ViolationKind = keyof typeof VIOLATIONS;

export interface Violation {
  readonly kind: ViolationKind;
  /** How many records, rows or writes. */
  readonly count: number;
  /** One sentence without the job's name. */
  readonly what: string;
}

export const nameOf = ({ timeline, batchId }: Point): string => `batch ${batchId} of timeline ${timeline}`;
