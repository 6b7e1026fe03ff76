import type { ForkOrder, Job, Rollback, RollbackOrder, RollbackPreview, Savepoint } from '@tidemark/contracts';
import type { Http } from './http.js';
import type { Cancellable, ChangeOptions, CreateOptions } from './jobs.js';
import { Listing, type PageRequest } from './listing.js';
import { TidemarkTimeoutError } from './errors.js';
import { pause } from './http.js';

const WAIT_MS = 100;

/** Which checkpoint: its own id, or that of a savepoint. */
export type CheckpointChoice = Pick<RollbackOrder, 'checkpointId' | 'savepointId'>;

/** Savepoints, rollbacks and forks. Every method throws `TidemarkApiError` and `TidemarkConnectionError`. */
export class Recovery {
  constructor(private readonly http: Http) {}

  /** Asks for a savepoint. A running job writes it at its next batch boundary: see `waitForSavepoint`. */
  requestSavepoint(jobId: string, label: string, options: CreateOptions = {}): Promise<Savepoint> {
    return this.create(`${pathOf(jobId)}/savepoints`, { label }, options);
  }

  savepoint(jobId: string, savepointId: string, { signal }: Cancellable = {}): Promise<Savepoint> {
    const path = `${pathOf(jobId)}/savepoints/${encodeURIComponent(savepointId)}`;
    return this.http.json({ method: 'GET', path, repeatable: true, signal });
  }

  /** Waits until a savepoint is complete, and returns it. Throws `TidemarkTimeoutError` after `timeoutMs`. */
  async waitForSavepoint(
    jobId: string,
    savepointId: string,
    { timeoutMs, signal }: Cancellable & { readonly timeoutMs: number },
  ): Promise<Savepoint> {
    const untilMs = performance.now() + timeoutMs;
    for (;;) {
      signal?.throwIfAborted();
      const savepoint = await this.savepoint(jobId, savepointId, signal === undefined ? {} : { signal });
      if (savepoint.status === 'complete') return savepoint;
      if (performance.now() >= untilMs) {
        const path = pathOf(jobId);
        const job = await this.http.json<Job>({ method: 'GET', path, repeatable: true, signal });
        throw new TidemarkTimeoutError(job, timeoutMs);
      }
      await pause(WAIT_MS, signal);
    }
  }

  /** Savepoints, newest first. */
  savepoints(jobId: string, page: PageRequest = {}): Listing<Savepoint> {
    return this.listing(`${pathOf(jobId)}/savepoints`, page);
  }

  /** Lets go of a savepoint: its checkpoint is kept or collected like any other from then on. */
  async deleteSavepoint(jobId: string, savepointId: string, { signal }: Cancellable = {}): Promise<void> {
    const path = `${pathOf(jobId)}/savepoints/${encodeURIComponent(savepointId)}`;
    await this.http.json({ method: 'DELETE', path, repeatable: false, signal });
  }

  /** Shows what a rollback would do. Nothing is written. */
  previewRollback(jobId: string, { signal, ...to }: CheckpointChoice & Cancellable): Promise<RollbackPreview> {
    const path = `${pathOf(jobId)}/rollback-preview`;
    return this.http.json({ method: 'GET', path, query: to, repeatable: true, signal });
  }

  /** Takes a job back to a checkpoint: bundle, configuration, state and offsets together. */
  rollBack(jobId: string, order: RollbackOrder, options: CreateOptions & ChangeOptions = {}): Promise<Rollback> {
    return this.create(`${pathOf(jobId)}/rollbacks`, order, options);
  }

  /** Takes a job back to where a rollback has left. */
  undoRollback(
    jobId: string,
    rollbackId: string,
    { reason, ...options }: CreateOptions & ChangeOptions & { readonly reason?: string } = {},
  ): Promise<Rollback> {
    const path = `${pathOf(jobId)}/rollbacks/${encodeURIComponent(rollbackId)}/undo`;
    return this.create(path, reason === undefined ? {} : { reason }, options);
  }

  rollback(jobId: string, rollbackId: string, { signal }: Cancellable = {}): Promise<Rollback> {
    const path = `${pathOf(jobId)}/rollbacks/${encodeURIComponent(rollbackId)}`;
    return this.http.json({ method: 'GET', path, repeatable: true, signal });
  }

  /** Rollbacks, newest first. */
  rollbacks(jobId: string, page: PageRequest = {}): Listing<Rollback> {
    return this.listing(`${pathOf(jobId)}/rollbacks`, page);
  }

  /** Makes a new job that begins with state and offsets of a checkpoint of this one: by default of its newest. */
  fork(jobId: string, order: ForkOrder, options: CreateOptions = {}): Promise<Job> {
    return this.create(`${pathOf(jobId)}/forks`, order, options);
  }

  private create<Made>(
    path: string,
    body: object,
    { idempotencyKey = crypto.randomUUID(), ifVersion, signal }: CreateOptions & ChangeOptions,
  ): Promise<Made> {
    const headers = {
      'idempotency-key': idempotencyKey,
      ...(ifVersion === undefined ? {} : { 'if-match': `"${ifVersion}"` }),
    };
    return this.http.json({ method: 'POST', path, body, headers, repeatable: true, signal });
  }

  private listing<Item>(path: string, { after: first, limit, signal }: PageRequest): Listing<Item> {
    return new Listing(first, (after) =>
      this.http.json({ method: 'GET', path, query: { after, limit }, repeatable: true, signal }),
    );
  }
}

const pathOf = (jobId: string): string => `/v1/jobs/${encodeURIComponent(jobId)}`;
