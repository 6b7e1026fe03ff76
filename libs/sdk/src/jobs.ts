import type {
  Batch,
  Checkpoint,
  Job,
  JobEvent,
  JobOrder,
  JobStatus,
  NextStart,
  OffsetEdit,
  Offsets,
  OffsetsOrder,
  RestoreDecision,
  Retention,
  RetentionOrder,
  Revision,
  RevisionOrder,
  Run,
  UpgradeDecision,
  UpgradePlan,
  UpgradePlanOrder,
  StartOrder,
} from '@tidemark/contracts';
import { TidemarkTimeoutError } from './errors.js';
import type { Http } from './http.js';
import type { Listing, PageRequest } from './listing.js';
import { poll } from './poll.js';
import {
  create,
  ifMatch,
  jobPath,
  listing,
  type Cancellable,
  type ChangeOptions,
  type CreateOptions,
} from './requests.js';
import { watchJob, type WatchedEvent } from './watch-job.js';

/** A minute to convert, and some to wait for others. */
const DEEP_PLAN_MS = 300_000;

/** How offsets are changed. */
export interface EditOptions extends ChangeOptions {
  /** `keep` (otherwise) needs a complete checkpoint of the last committed batch, as a clean stop leaves one. */
  readonly state?: 'keep' | 'empty';
  /** Only answers what would change. */
  readonly dryRun?: boolean;
}

/** A tenant's jobs. Every method throws `TidemarkApiError` and `TidemarkConnectionError`. */
export class Jobs {
  constructor(private readonly http: Http) {}

  /** Submits a job. When this resolves the job is durable and will be scheduled. */
  submit(order: JobOrder, options: CreateOptions = {}): Promise<Job> {
    return create(this.http, '/v1/jobs', order, options);
  }

  /** Gives a job its next revision: a running job hands over with a checkpoint, a stopped one stays stopped. */
  deploy(id: string, order: RevisionOrder, options: CreateOptions & ChangeOptions = {}): Promise<Job> {
    return create(this.http, `${jobPath(id)}/revisions`, order, options);
  }

  /**
   * Says what an upgrade would do, while the job goes on. A deployment may name the plan by its id. A `deep` one may take
   * minutes, and is asked for once.
   */
  planUpgrade(id: string, order: UpgradePlanOrder, { signal }: Cancellable = {}): Promise<UpgradePlan> {
    const path = `${jobPath(id)}/upgrade-plans`;
    const isDeep = order.deep !== undefined && order.deep !== false;
    const timeoutMs = isDeep ? DEEP_PLAN_MS : undefined;
    return this.http.json({ method: 'POST', path, body: order, repeatable: !isDeep, signal, timeoutMs });
  }

  /** Plans of upgrades, newest first. */
  upgradePlans(id: string, page: PageRequest = {}): Listing<UpgradePlan> {
    return listing(this.http, `${jobPath(id)}/upgrade-plans`, page);
  }

  /** Decides what becomes of a revision that waits: see `upgrade` of the job. */
  decideUpgrade(
    id: string,
    answer: UpgradeDecision['answer'],
    { ifVersion, signal }: ChangeOptions = {},
  ): Promise<Job> {
    const path = `${jobPath(id)}/upgrade-decision`;
    return this.http.json({
      ...{ method: 'POST', path, body: { answer }, headers: ifMatch(ifVersion), repeatable: false, signal },
    });
  }

  get(id: string, { signal }: Cancellable = {}): Promise<Job> {
    return this.http.json({ method: 'GET', path: jobPath(id), repeatable: true, signal });
  }

  /** Jobs, newest first. */
  list(page: PageRequest & { readonly status?: JobStatus } = {}): Listing<Job> {
    return listing(this.http, '/v1/jobs', page, { status: page.status });
  }

  /**
   * Starts a job that is stopped, finished, failed or waits for a decision: with its newest checkpoint, or, for this start
   * alone, `from` somewhere else.
   */
  start(id: string, { from, checkpointId, timestamp, ...options }: ChangeOptions & StartOrder = {}): Promise<Job> {
    const order = defined({ from, checkpointId, timestamp });
    return Object.keys(order).length === 0 ? this.order(id, 'start', options) : this.order(id, 'start', options, order);
  }

  /** Shows from what the next start would begin, and why. Nothing is written. */
  nextStart(
    id: string,
    { signal, ...query }: Cancellable & StartOrder & { readonly revision?: number } = {},
  ): Promise<NextStart> {
    return this.http.json({ method: 'GET', path: `${jobPath(id)}/next-start`, query, repeatable: true, signal });
  }

  /** The committed offsets beside what the sources hold; with `checkpointId`, those of a checkpoint. */
  offsets(
    id: string,
    { checkpointId, signal }: Cancellable & { readonly checkpointId?: string } = {},
  ): Promise<Offsets> {
    const of = checkpointId === undefined ? '' : `/checkpoints/${encodeURIComponent(checkpointId)}`;
    return this.http.json({ method: 'GET', path: `${jobPath(id)}${of}/offsets`, repeatable: true, signal });
  }

  /**
   * Sets where a job at rest goes on, by source uid and partition; what is not named stays as it is. The next start begins
   * a new timeline there.
   */
  setOffsets(
    id: string,
    offsets: { readonly [sourceUid: string]: { readonly [partition: string]: number } },
    { ifVersion, signal, state, dryRun }: EditOptions = {},
  ): Promise<OffsetEdit> {
    const order: OffsetsOrder = {
      offsets: Object.entries(offsets).flatMap(([source, partitions]) =>
        Object.entries(partitions).map(([partition, offset]) => ({ source, partition, offset })),
      ),
      ...defined({ state, dryRun }),
    };
    const headers = ifMatch(ifVersion);
    return this.http.json({
      method: 'PATCH',
      path: `${jobPath(id)}/offsets`,
      body: order,
      headers,
      repeatable: false,
      signal,
    });
  }

  /** Forgets offsets of a job at rest, all or those named: the next start begins at the start of the sources. */
  resetOffsets(
    id: string,
    {
      ifVersion,
      signal,
      ...query
    }: EditOptions & { readonly source?: string | undefined; readonly partition?: string | undefined } = {},
  ): Promise<OffsetEdit> {
    const headers = ifMatch(ifVersion);
    return this.http.json({
      method: 'DELETE',
      path: `${jobPath(id)}/offsets`,
      query,
      headers,
      repeatable: false,
      signal,
    });
  }

  /** Stops a job with a checkpoint. The answer is the order, not the end: see `waitFor`. */
  stop(id: string, options: ChangeOptions = {}): Promise<Job> {
    return this.order(id, 'stop', options);
  }

  /** Ends a job for good. */
  cancel(id: string, options: ChangeOptions = {}): Promise<Job> {
    return this.order(id, 'cancel', options);
  }

  /** Deletes a job that no runner owns, with its history. */
  async delete(id: string, { ifVersion, signal }: ChangeOptions = {}): Promise<void> {
    await this.http.json({
      method: 'DELETE',
      path: jobPath(id),
      headers: ifMatch(ifVersion),
      repeatable: false,
      signal,
    });
  }

  /** Revisions, newest first. */
  revisions(id: string, page: PageRequest = {}): Listing<Revision> {
    return listing(this.http, `${jobPath(id)}/revisions`, page);
  }

  /** Runs, newest first. */
  runs(id: string, page: PageRequest = {}): Listing<Run> {
    return listing(this.http, `${jobPath(id)}/runs`, page);
  }

  /** Batches of one timeline, by default the current one, newest first. */
  batches(id: string, page: PageRequest & { readonly timeline?: number } = {}): Listing<Batch> {
    return listing(this.http, `${jobPath(id)}/batches`, page, { timeline: page.timeline });
  }

  /** Checkpoints, newest first; with `revision`, each with what it is worth to that revision. */
  checkpoints(id: string, page: PageRequest & { readonly revision?: number } = {}): Listing<Checkpoint> {
    return listing(this.http, `${jobPath(id)}/checkpoints`, page, { revision: page.revision });
  }

  /** Restore decisions, newest first: from what each run started, and why. */
  decisions(id: string, page: PageRequest = {}): Listing<RestoreDecision> {
    return listing(this.http, `${jobPath(id)}/decisions`, page);
  }

  /** The events after `after` (a `seq`), oldest first; without it the newest ones, oldest first. With `type` only those of it. */
  events(id: string, page: PageRequest & { readonly type?: string } = {}): Listing<JobEvent> {
    return listing(this.http, `${jobPath(id)}/events`, page, { type: page.type });
  }

  /**
   * Follows a job's events and committed batches as they happen, without end; leave the loop or abort `signal` to stop.
   * Broken connections are made again. Events then go on where they were; batches of the gap are left out.
   */
  watch(id: string, options: Cancellable & { readonly after?: string } = {}): AsyncGenerator<WatchedEvent, void> {
    return watchJob(this.http, `${jobPath(id)}/events`, options);
  }

  /** Waits until the job satisfies `predicate` and returns it. Throws `TidemarkTimeoutError` after `timeoutMs`. */
  async waitFor(
    id: string,
    predicate: (job: Job) => boolean,
    { timeoutMs, signal }: Cancellable & { readonly timeoutMs: number },
  ): Promise<Job> {
    const ask = (): Promise<Job> => this.get(id, signal === undefined ? {} : { signal });
    const { isThere, last } = await poll(ask, predicate, { timeoutMs, signal });
    if (!isThere) throw new TidemarkTimeoutError(last, timeoutMs);
    return last;
  }

  /** How much of the job's past is kept. */
  retention(id: string, { signal }: Cancellable = {}): Promise<Retention> {
    return this.http.json({ method: 'GET', path: `${jobPath(id)}/retention`, repeatable: true, signal });
  }

  /** Replaces all limits on what is kept of the job: what `limits` leaves out has none of its own. */
  setRetention(id: string, limits: RetentionOrder, { signal }: Cancellable = {}): Promise<Retention> {
    return this.http.json({ method: 'PUT', path: `${jobPath(id)}/retention`, body: limits, repeatable: true, signal });
  }

  private order(
    id: string,
    order: 'start' | 'stop' | 'cancel',
    { ifVersion, signal }: ChangeOptions,
    body?: StartOrder,
  ): Promise<Job> {
    // Ordering the same again changes nothing; but the order itself changes the version, and the state to start from.
    const repeatable = ifVersion === undefined && body === undefined;
    return this.http.json({
      method: 'POST',
      path: `${jobPath(id)}/${order}`,
      ...(body === undefined ? {} : { body }),
      headers: ifMatch(ifVersion),
      repeatable,
      signal,
    });
  }
}

/** Without the members that are undefined. */
const defined = <T extends object>(object: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
