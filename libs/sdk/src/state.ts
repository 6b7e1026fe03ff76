import type { Checkpoint, CheckpointDiff, StateDifference, StateRow } from '@tidemark/contracts';
import type { Http } from './http.js';
import { jobPath, type Cancellable } from './requests.js';
import { Listing, type Page, type PageRequest } from './listing.js';

/** Which part of an operator's state; `limit` is at most 1,000 here. A page may have fewer items, or none, before the last. */
export interface StateRequest extends PageRequest {
  readonly operator: string;
  /** Only this table: operators with windows or timers have several. */
  readonly table?: string;
}

/** The state that lies in a job's checkpoints. Every method throws `TidemarkApiError` and `TidemarkConnectionError`. */
export class State {
  constructor(private readonly http: Http) {}

  /** Rows of one operator, in an order that is the same in every checkpoint. */
  list(jobId: string, checkpointId: string, request: StateRequest): Listing<StateRow> {
    return this.listing(`${pathOf(jobId, checkpointId)}/state`, request);
  }

  /**
   * The rows of one key, one for each table that has it. Throws `TidemarkApiError` with code `state_key_not_found`.
   *
   * @param key null is what the operator keeps for itself.
   */
  async get(
    jobId: string,
    checkpointId: string,
    { key, ...request }: Omit<StateRequest, 'after' | 'limit'> & { readonly key: string | number | boolean | null },
  ): Promise<readonly StateRow[]> {
    return this.find(jobId, checkpointId, { ...request, text: JSON.stringify(key) });
  }

  /** {@link get} of a text that is JSON or stands for itself; `42` finds the number and the text. */
  async find(
    jobId: string,
    checkpointId: string,
    { text, ...request }: Omit<StateRequest, 'after' | 'limit'> & { readonly text: string },
  ): Promise<readonly StateRow[]> {
    const rows: StateRow[] = [];
    const path = `${pathOf(jobId, checkpointId)}/state`;
    for await (const row of this.listing<StateRow>(path, { ...request, limit: 1_000 }, { key: text })) rows.push(row);
    return rows;
  }

  /** Counts, by operator, the keys that differ from the first checkpoint to the second. */
  diff(jobId: string, before: string, after: string, { signal }: Cancellable = {}): Promise<CheckpointDiff> {
    // Not again when it takes too long: that would be as long once more.
    return this.http.json({ method: 'GET', path: diffPathOf(jobId, before, after), repeatable: false, signal });
  }

  /** The keys of one operator that differ from the first checkpoint to the second, with old and new values. */
  differences(jobId: string, before: string, after: string, request: StateRequest): Listing<StateDifference> {
    return this.listing(`${diffPathOf(jobId, before, after)}/keys`, request);
  }

  /** The newest complete checkpoint of a job; undefined if it has none yet. */
  async newestCheckpoint(jobId: string, { signal }: Cancellable = {}): Promise<Checkpoint | undefined> {
    const path = `${jobPath(jobId)}/checkpoints`;
    for (let after: string | undefined; ;) {
      const query = { after, limit: 100 };
      const page = await this.http.json<Page<Checkpoint>>({ method: 'GET', path, query, repeatable: true, signal });
      const newest = page.items.find(({ status }) => status === 'complete');
      if (newest !== undefined || page.next === null) return newest;
      after = page.next;
    }
  }

  private listing<Item>(
    path: string,
    { operator, table, after: first, limit, signal }: StateRequest,
    more: { readonly key?: string } = {},
  ): Listing<Item> {
    const query = { operator, table, limit, ...more };
    return new Listing(first, (after) =>
      this.http.json({ method: 'GET', path, query: { ...query, after }, repeatable: true, signal }),
    );
  }
}

const pathOf = (jobId: string, checkpointId: string): string =>
  `${jobPath(jobId)}/checkpoints/${encodeURIComponent(checkpointId)}`;

const diffPathOf = (jobId: string, before: string, after: string): string =>
  `${pathOf(jobId, before)}/diff/${encodeURIComponent(after)}`;
