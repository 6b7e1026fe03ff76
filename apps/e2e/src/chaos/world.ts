import { TidemarkApiError, TidemarkConnectionError } from '@tidemark/sdk';
import type { Cluster } from './cluster.js';
import type { WatchedJob } from './watched-job.js';
import type { Witness } from './witness.js';

/** What commands act on. Owner of all fields: the driver. */
export interface World {
  readonly seed: number;
  readonly cluster: Cluster;
  readonly witness: Witness;
  /** One for each place; a later submission takes the place of an earlier one. */
  readonly jobs: WatchedJob[];
  /** Cancelled, and judged once more at the end. */
  readonly retired: WatchedJob[];
  /** Faults that are not over yet, by what they are about. */
  readonly faults: Map<string, Promise<void>>;
  /** Faults that did not end as they should: then the driver is to blame. */
  readonly troubles: string[];
}

export function jobAt({ jobs }: Pick<World, 'jobs'>, target: number): WatchedJob {
  const job = jobs[Math.floor(target * jobs.length)];
  if (job === undefined) throw new Error('There are no jobs.');
  return job;
}

/** What became of a command: whether it did what it is for, and a few words. */
export interface Outcome {
  readonly hasStruck: boolean;
  readonly what: string;
}

export const struck = (what: string): Outcome => ({ hasStruck: true, what });
/** There was nothing that it could have been done to. */
export const missed = (what: string): Outcome => ({ hasStruck: false, what });

const ORDER_MS_MAX = 60_000;
const SERVER_AT_FAULT = 500;

/**
 * Gives an order until the service has heard it: it may be down just then. Answers with what `order` does. What is ordered
 * must be safe to be ordered twice. Throws where it is refused with none of the expected codes.
 */
export async function insist(order: () => Promise<string>, expected: readonly string[] = []): Promise<Outcome> {
  const deadlineMs = performance.now() + ORDER_MS_MAX;
  for (;;) {
    try {
      return struck(await order());
    } catch (error) {
      const isRefusal = error instanceof TidemarkApiError;
      // A full disk refuses for as long as it is full, and that is an answer.
      if (isRefusal && [...expected, 'store_full'].includes(error.code)) return missed(`refused: ${error.code}`);
      const isDown = error instanceof TidemarkConnectionError || (isRefusal && error.status >= SERVER_AT_FAULT);
      if (!isDown || performance.now() > deadlineMs) throw error;
    }
  }
}

/** Begins a fault that ends by itself, unless one of the same kind is not over yet. */
export function during({ faults, troubles }: World, name: string, fault: () => Promise<void>): boolean {
  if (faults.has(name)) return false;
  faults.set(
    name,
    fault()
      .catch((error: unknown) => {
        troubles.push(`"${name}" did not end: ${String(error)}`);
      })
      .finally(() => faults.delete(name)),
  );
  return true;
}
