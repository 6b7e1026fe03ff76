import type { Bundle, BundleUpload, Health, Runner, Usage } from '@tidemark/contracts';
import { AuditEvents } from './audit-events.js';
import { DeadLetters } from './dead-letters.js';
import { Http, type Connection } from './http.js';
import { Jobs } from './jobs.js';
import type { Listing, Page, PageRequest } from './listing.js';
import { Recovery } from './recovery.js';
import { Recordings } from './recordings.js';
import { create, listing, type Cancellable, type CreateOptions } from './requests.js';
import { State } from './state.js';
import { AdminKeys, Tenants } from './tenants.js';

/**
 * The Tidemark service, as one key sees it.
 *
 * ```ts
 * const tidemark = new Tidemark({ apiUrl: 'http://127.0.0.1:7070', apiKey });
 * const job = await tidemark.jobs.submit({ bundle: { code, sourceMap } });
 * await tidemark.jobs.waitFor(job.id, ({ lastBatch }) => lastBatch !== null, { timeoutMs: 10_000 });
 * ```
 */
export class Tidemark {
  readonly jobs: Jobs;
  readonly bundles: Bundles;
  /** What lies in jobs' checkpoints. */
  readonly state: State;
  /** Savepoints, rollbacks and forks of jobs. */
  readonly recovery: Recovery;
  /** Records that jobs could not take and have set aside. */
  readonly deadLetters: DeadLetters;
  /** What was asked of the service, by whom. */
  readonly auditEvents: AuditEvents;
  /** What it takes to run a job's batches again somewhere else. */
  readonly recordings: Recordings;
  /** For an admin key. */
  readonly tenants: Tenants;
  /** For an admin key. */
  readonly adminKeys: AdminKeys;
  private readonly http: Http;

  constructor(connection: Connection) {
    this.http = new Http(connection);
    this.jobs = new Jobs(this.http);
    this.bundles = new Bundles(this.http);
    this.state = new State(this.http);
    this.recovery = new Recovery(this.http);
    this.deadLetters = new DeadLetters(this.http);
    this.auditEvents = new AuditEvents(this.http);
    this.tenants = new Tenants(this.http.forNoTenant());
    this.adminKeys = new AdminKeys(this.http.forNoTenant());
    this.recordings = new Recordings(this.http);
  }

  /** All runners of the service. Host and process id are for admin keys and null for others. */
  async runners({ signal }: Cancellable = {}): Promise<readonly Runner[]> {
    const { items } = await this.http.json<Page<Runner>>({
      method: 'GET',
      path: '/v1/runners',
      repeatable: true,
      signal,
    });
    return items;
  }

  /** What is stored of the checkpoints of the tenant's jobs. */
  usage({ signal }: Cancellable = {}): Promise<Usage> {
    return this.http.json({ method: 'GET', path: '/v1/usage', repeatable: true, signal });
  }

  /** Whether the service can work. Throws `TidemarkApiError` with status 503 if it cannot. */
  health({ signal }: Cancellable = {}): Promise<Health> {
    return this.http.json({ method: 'GET', path: '/v1/health', repeatable: false, signal });
  }
}

/** A tenant's bundles. Every method throws `TidemarkApiError` and `TidemarkConnectionError`. */
export class Bundles {
  constructor(private readonly http: Http) {}

  /** Uploads a bundle. The same code again is the same bundle. */
  upload(bundle: BundleUpload, options: CreateOptions = {}): Promise<Bundle> {
    return create(this.http, '/v1/bundles', bundle, options);
  }

  get(digest: string, { signal }: Cancellable = {}): Promise<Bundle> {
    return this.http.json({
      method: 'GET',
      path: `/v1/bundles/${encodeURIComponent(digest)}`,
      repeatable: true,
      signal,
    });
  }

  /** Bundles, newest first. */
  list(page: PageRequest = {}): Listing<Bundle> {
    return listing(this.http, '/v1/bundles', page);
  }
}
