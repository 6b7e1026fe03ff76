import type { DeadLetter, DeadLetterOrder, DeadLetterRecord, DeadLettersOrdered } from '@tidemark/contracts';
import type { Http } from './http.js';
import type { Listing, PageRequest } from './listing.js';
import { create, jobPath, listing, type Cancellable, type CreateOptions } from './requests.js';

/** Which dead letters. */
export interface DeadLetterRequest extends PageRequest {
  /** Uid of a source. */
  readonly source?: string;
  /** Code of the error for which they were set aside. */
  readonly code?: string;
  readonly status?: DeadLetter['status'];
}

/** Which letters an order is about: these, or all that wait and fit a filter. */
export type DeadLetterChoice =
  { readonly letters: readonly string[] } | { readonly all: NonNullable<DeadLetterOrder['all']> };

/** Records that jobs could not take and have set aside. Every method throws `TidemarkApiError` and `TidemarkConnectionError`. */
export class DeadLetters {
  constructor(private readonly http: Http) {}

  /** Dead letters of a job, newest first, without their bytes. */
  list(jobId: string, { source, code, status, ...page }: DeadLetterRequest = {}): Listing<DeadLetter> {
    return listing(this.http, pathOf(jobId), page, { source, code, status });
  }

  /** One dead letter, with the bytes of its record in Base64. */
  get(jobId: string, letterId: string, { signal }: Cancellable = {}): Promise<DeadLetterRecord> {
    const path = `${pathOf(jobId)}/${encodeURIComponent(letterId)}`;
    return this.http.json({ method: 'GET', path, repeatable: true, signal });
  }

  /** Has the job's next batches read the records again, each exactly once. Mend the code first. */
  redrive(jobId: string, choice: DeadLetterChoice, options: CreateOptions = {}): Promise<DeadLettersOrdered> {
    return create(this.http, `${pathOf(jobId)}/redrive`, choice, options);
  }

  /** Settles letters that wait without reading their records again. */
  discard(jobId: string, choice: DeadLetterChoice, options: CreateOptions = {}): Promise<DeadLettersOrdered> {
    return create(this.http, `${pathOf(jobId)}/discard`, choice, options);
  }
}

const pathOf = (jobId: string): string => `${jobPath(jobId)}/dead-letters`;
