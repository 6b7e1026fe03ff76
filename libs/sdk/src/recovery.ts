import type { ForkOrder, Job, Rollback, RollbackOrder, RollbackPreview, Savepoint } from '@tidemark/contracts';
import { TidemarkTimeoutError } from './errors.js';
import type { Http } from './http.js';
import type { Listing, PageRequest } from './listing.js';
import { poll } from './poll.js';
import { create, jobPath, listing, type Cancellable, type ChangeOptions, type CreateOptions } from './requests.js';

/** Which checkpoint: its own id, or that of a savepoint. */
export type CheckpointChoice = Pick<RollbackOrder, 'checkpointId' | 'savepointId'>;

/** Savepoints, rollbacks and forks. Every method throws `TidemarkApiError` and `TidemarkConnectionError`. */
export class Recovery {
  constructor(private readonly http: Http) {}

  /** Asks for a savepoint. A running job writes it at its next batch boundary: see `waitForSavepoint`. */
  requestSavepoint(jobId: string, label: string, options: CreateOptions = {}): Promise<Savepoint> {
    return create(this.http, `${jobPath(jobId)}/savepoints`, { label }, options);
  }

  /** One savepoint, as it is now. */
  savepoint(jobId: string, savepointId: string, { signal }: Cancellable = {}): Promise<Savepoint> {
    const path = `${jobPath(jobId)}/savepoints/${encodeURIComponent(savepointId)}`;
    return this.http.json({ method: 'GET', path, repeatable: true, signal });
  }

  /** Waits until a savepoint is complete, and returns it. Throws `TidemarkTimeoutError` after `timeoutMs`. */
  async waitForSavepoint(
    jobId: string,
    savepointId: string,
    { timeoutMs, signal }: Cancellable & { readonly timeoutMs: number },
  ): Promise<Savepoint> {
    const cancellable = signal === undefined ? {} : { signal };
    const ask = (): Promise<Savepoint> => this.savepoint(jobId, savepointId, cancellable);
    const { isThere, last } = await poll(ask, ({ status }) => status === 'complete', { timeoutMs, signal });
    if (isThere) return last;
    const job = await this.http.json<Job>({ method: 'GET', path: jobPath(jobId), repeatable: true, signal });
    throw new TidemarkTimeoutError(job, timeoutMs);
  }

  /** Savepoints, newest first. */
  savepoints(jobId: string, page: PageRequest = {}): Listing<Savepoint> {
    return listing(this.http, `${jobPath(jobId)}/savepoints`, page);
  }

  /** Lets go of a savepoint: its checkpoint is kept or collected like any other from then on. */
  async deleteSavepoint(jobId: string, savepointId: string, { signal }: Cancellable = {}): Promise<void> {
    const path = `${jobPath(jobId)}/savepoints/${encodeURIComponent(savepointId)}`;
    await this.http.json({ method: 'DELETE', path, repeatable: false, signal });
  }

  /** Shows what a rollback would do. Nothing is written. */
  previewRollback(jobId: string, { signal, ...to }: CheckpointChoice & Cancellable): Promise<RollbackPreview> {
    const path = `${jobPath(jobId)}/rollback-preview`;
    return this.http.json({ method: 'GET', path, query: to, repeatable: true, signal });
  }

  /** Takes a job back to a checkpoint: bundle, configuration, state and offsets together. */
  rollBack(jobId: string, order: RollbackOrder, options: CreateOptions & ChangeOptions = {}): Promise<Rollback> {
    return create(this.http, `${jobPath(jobId)}/rollbacks`, order, options);
  }

  /** Takes a job back to where a rollback has left. */
  undoRollback(
    jobId: string,
    rollbackId: string,
    { reason, ...options }: CreateOptions & ChangeOptions & { readonly reason?: string } = {},
  ): Promise<Rollback> {
    const path = `${jobPath(jobId)}/rollbacks/${encodeURIComponent(rollbackId)}/undo`;
    return create(this.http, path, reason === undefined ? {} : { reason }, options);
  }

  /** One rollback, and what has come of it. */
  rollback(jobId: string, rollbackId: string, { signal }: Cancellable = {}): Promise<Rollback> {
    const path = `${jobPath(jobId)}/rollbacks/${encodeURIComponent(rollbackId)}`;
    return this.http.json({ method: 'GET', path, repeatable: true, signal });
  }

  /** Rollbacks, newest first. */
  rollbacks(jobId: string, page: PageRequest = {}): Listing<Rollback> {
    return listing(this.http, `${jobPath(jobId)}/rollbacks`, page);
  }

  /** Makes a new job that begins with state and offsets of a checkpoint of this one: by default of its newest. */
  fork(jobId: string, order: ForkOrder, options: CreateOptions = {}): Promise<Job> {
    return create(this.http, `${jobPath(jobId)}/forks`, order, options);
  }
}
