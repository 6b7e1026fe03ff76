import type { DeadLetterId, JobId, TenantId } from '../ids.js';
import type { Page } from '../job/job-store.js';
import type { DeadLetter, DeadLetterStatus } from './dead-letter.js';

/** Dead letters, opened for one tenant. */
export abstract class DeadLetterStores {
  abstract forTenant(tenantId: TenantId): DeadLetterStore;
}

/** Which dead letters; absent members leave nothing out. */
export interface DeadLetterFilter {
  readonly source?: string | undefined;
  readonly code?: string | undefined;
  readonly status?: DeadLetterStatus | undefined;
}

/** These, or all that fit a filter. */
export type DeadLetterChoice =
  { readonly ids: readonly DeadLetterId[] } | { readonly all: Pick<DeadLetterFilter, 'source' | 'code'> };

/** Why letters that were chosen were passed over, with how many. */
export interface PassedOver {
  /** Re-driven, being re-driven, or discarded already. */
  readonly settled: number;
  /** The job was taken back to before them. */
  readonly leftBehind: number;
  /** Not all of their bytes were kept. */
  readonly cut: number;
  /** The job has no source of that uid any more. */
  readonly sourceGone: number;
}

export type DeadLettersOrdered =
  | { readonly outcome: 'ordered'; readonly letters: number; readonly passedOver: PassedOver }
  | { readonly outcome: 'not_found' }
  | { readonly outcome: 'letter_not_found'; readonly id: DeadLetterId }
  | { readonly outcome: 'cancelled' };

export interface DeadLetterStore {
  /** Newest first, without their bytes. */
  list(jobId: JobId, filter: DeadLetterFilter, page: Page<DeadLetterId>): Promise<readonly DeadLetter[]>;
  find(
    jobId: JobId,
    id: DeadLetterId,
  ): Promise<{ readonly letter: DeadLetter; readonly bytes: Uint8Array } | undefined>;
  /** Whether a committed batch has taken records of dead letters. */
  hasRedriven(jobId: JobId, batch: { readonly timeline: number; readonly batchId: number }): Promise<boolean>;
  /** Has the job's next batches read letters again. To ask twice changes nothing. */
  redrive(jobId: JobId, choice: DeadLetterChoice, by: { readonly actor: string }): Promise<DeadLettersOrdered>;
  /** Settles letters that wait without reading them again. To ask twice changes nothing. */
  discard(jobId: JobId, choice: DeadLetterChoice, by: { readonly actor: string }): Promise<DeadLettersOrdered>;
}
