import type { ErrorCode } from '../errors/tidemark-error.js';
import type { DeadLetterId, JobId, TenantId } from '../ids.js';

/** Bytes of a record that its dead letter keeps. What is longer is cut, and cannot be re-driven. */
export const DEAD_LETTER_BYTES_MAX = 64 * 1024;
/** Records that one batch may set aside for the first time; beyond it the job fails. A batch re-drives as many. */
export const DEAD_LETTERS_PER_BATCH_MAX = 1_000;
/** Records that one batch may set aside with those that it re-drives. */
export const SET_ASIDE_PER_BATCH_MAX = 2 * DEAD_LETTERS_PER_BATCH_MAX;
/** Bytes that the dead letters of one batch may keep together, and that one batch takes of letters to be re-driven. */
export const DEAD_LETTER_BYTES_PER_BATCH_MAX = 8 * 1024 * 1024;
/** How often one batch may be run again without a record at which the job's code threw, before the job fails. */
export const POISON_ATTEMPTS_MAX = 20;
/** After so many records that are re-driven have ended their batch, the rest of them are not tried in it. */
export const REDRIVE_ATTEMPTS_MAX = 5;
/** How often one batch is run for records that do not say that it is they at which it fails. */
export const POISON_SEARCHES_MAX = 100;

/** Which record: where a source has it, and on which timeline it was read there first. */
export interface RecordPosition {
  readonly source: string;
  readonly partition: string;
  readonly offset: number;
  readonly timeline: number;
}

/** A record that a batch leaves out, and why. */
export interface SetAsideRecord extends RecordPosition {
  /** `record_unreadable`, or the code that a failed batch would have had. */
  readonly code: ErrorCode;
  /** What is wrong with it, in words. */
  readonly reason: string;
  /** Whether it ended its batch, which was run again without it. */
  readonly hasEndedBatch?: true;
}

/** How far the search has come for the record at which a batch fails that does not say so. */
export interface PoisonSearch {
  /** How often the batch was run for it. */
  readonly tries: number;
  /** Whose code ran. What another revision has shown says nothing of this one. */
  readonly revision?: number;
  /** With so many of its first records the batch goes well. */
  readonly good?: number;
  /** With so many it fails. */
  readonly bad?: number;
  /** Why it failed the last time. */
  readonly why: Pick<SetAsideRecord, 'code' | 'reason'>;
}

/** A record that a batch has set aside, to be written with the batch's commit. */
export interface NewDeadLetter extends SetAsideRecord {
  /** At most {@link DEAD_LETTER_BYTES_MAX} of them. */
  readonly bytes: Uint8Array;
  /** How many bytes the record has. */
  readonly bytesTotal: number;
}

/** A record of a dead letter that a batch reads again. */
export interface RedrivenRecord extends RecordPosition {
  readonly bytes: Uint8Array;
}

/** The same record, whatever is said of it. */
export const recordKey = ({ source, partition, offset, timeline }: RecordPosition): string =>
  JSON.stringify([timeline, source, partition, offset]);

export const DEAD_LETTER_STATUSES = [
  /** Nothing was done about it. */
  'waiting',
  /** One of the job's next batches reads it again. */
  'redriving',
  /** A batch has read it again, without setting it aside. */
  'redriven',
  /** Its owner wants nothing done about it. */
  'discarded',
  /** The job was taken back to before the batch that set it aside: the record is read again by itself. */
  'left_behind',
] as const;
export type DeadLetterStatus = (typeof DEAD_LETTER_STATUSES)[number];

/** A record that a batch has set aside: written in the transaction of that batch's commit. */
export interface DeadLetter extends RecordPosition {
  readonly id: DeadLetterId;
  readonly tenantId: TenantId;
  readonly jobId: JobId;
  readonly batchId: number;
  readonly code: string;
  readonly reason: string;
  /** Bytes of the record; more than are kept where `isCut`. */
  readonly bytesTotal: number;
  readonly isCut: boolean;
  readonly status: DeadLetterStatus;
  /** How often it was re-driven and set aside again. */
  readonly returns: number;
  /** The batch that has read it again. */
  readonly redrivenBy: { readonly timeline: number; readonly batchId: number } | undefined;
  readonly createdAt: Date;
  readonly settledAt: Date | undefined;
}
