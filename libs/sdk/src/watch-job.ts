import type { Batch, JobEvent } from '@tidemark/contracts';
import { TidemarkApiError, TidemarkConnectionError } from './errors.js';
import { serverSentEvents } from './event-stream.js';
import { delayMs, pause, type Http } from './http.js';

/** Three heartbeats of the service. */
const SILENCE_MS = 45_000;

/** A batch that was committed while the job was watched. It is no event of the job's log and has no `seq`. */
export interface WatchedBatch {
  readonly seq: null;
  readonly at: string;
  readonly type: 'batch.committed';
  readonly data: Batch;
}

export type WatchedEvent = JobEvent | WatchedBatch;

/** Follows the events of a job over any number of connections. Throws what a new connection cannot mend. */
export async function* watchJob(
  http: Http,
  path: string,
  { after, signal }: { readonly after?: string; readonly signal?: AbortSignal },
): AsyncGenerator<WatchedEvent, void> {
  let lastId = after;
  for (let failures = 0; signal?.aborted !== true;) {
    try {
      const headers = { accept: 'text/event-stream', 'last-event-id': lastId };
      const { body } = await http.open({ method: 'GET', path, headers, repeatable: true, signal });
      if (body === null) throw new TidemarkConnectionError(path, new Error('the answer has no body'));
      for await (const { id, data } of serverSentEvents(body, SILENCE_MS)) {
        lastId = id ?? lastId;
        if (data === undefined) continue;
        failures = 0;
        yield JSON.parse(data) as WatchedEvent;
      }
    } catch (error) {
      if (error instanceof TidemarkApiError && error.status !== 429 && error.status < 500) throw error;
      failures += 1;
    }
    await pause(delayMs(Math.max(1, failures)), signal);
  }
}
