import type { RunMessage } from '@tidemark/domain';
import { z } from 'zod';

const RUNS = 'tidemark-runs';

/** Every queue, its payload and its limits. Payloads carry ids only: whoever takes one reads the rest from Postgres. */
export const QUEUES = {
  runs: {
    name: RUNS,
    /** In Redis: how the names of its keys begin. Before the queue's own name BullMQ puts this where it is told nothing else. */
    keyPrefix: `bull:${RUNS}`,
    /** In Redis: to which installation the queue belongs. */
    markKey: `${RUNS}:installation`,
    pattern: 'run.start',
    payload: z.strictObject({
      tenantId: z.string().regex(/^tnt_/),
      jobId: z.string().regex(/^job_/),
      runId: z.string().regex(/^run_/),
      traceparent: z.string().max(64).optional(),
    }),
    /** The entry is held for as long as the run lives, and renewed; losing it costs nothing, because the claim decides. */
    lockMs: 10_000,
    stalledCheckMs: 5_000,
    /**
     * How long an idle worker waits before it looks again, in seconds. A notification that comes between its last look
     * and its wait is missed, so this bounds what that costs.
     */
    lookEverySeconds: 0.25,
    /** A redelivered entry is refused by the claim, so there is no reason to ever give one up. */
    stalledMax: 1_000_000,
  },
} as const;

/** A queue entry is input like any other; undefined when it is not a run message. */
export function parseRunMessage(data: unknown): RunMessage | undefined {
  const parsed = QUEUES.runs.payload.safeParse(data);
  return parsed.success ? (parsed.data as RunMessage) : undefined;
}
