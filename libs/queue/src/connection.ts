import { createPostgresBackend, Queue, Worker, type Processor } from 'bullmq';
import { Redis } from 'ioredis';
import { QUEUES } from './queues.js';

/** Where the queue lives: in Postgres by default, in Redis where an operator says so. */
export type QueueAddress =
  { readonly kind: 'postgres'; readonly url: string } | { readonly kind: 'redis'; readonly url: string };

export const queueAddress = (databaseUrl: string, redisUrl: string | undefined): QueueAddress =>
  redisUrl === undefined ? { kind: 'postgres', url: databaseUrl } : { kind: 'redis', url: redisUrl };

export interface OpenedQueue {
  add(pattern: string, data: unknown, jobId: string): Promise<void>;
  close(): Promise<void>;
}

export function openQueue(address: QueueAddress, onError: (error: Error) => void): OpenedQueue {
  const defaultJobOptions = { removeOnComplete: true, removeOnFail: true };
  const connection = connect(address);
  const queue =
    connection.kind === 'redis'
      ? new Queue(QUEUES.runs.name, { defaultJobOptions, connection: connection.redis })
      : new Queue(QUEUES.runs.name, { defaultJobOptions, connection: connection.postgres }, createPostgresBackend);
  queue.on('error', onError);
  return {
    add: async (pattern, data, jobId) => {
      await queue.add(pattern, data, { jobId });
    },
    close: () => closeWithin(() => queue.close(), connection.end),
  };
}

export interface OpenedWorker {
  /** Takes no more entries; those that are held stay held. */
  pause(): Promise<void>;
  close(): Promise<void>;
}

export function openWorker(
  address: QueueAddress,
  processor: Processor,
  settings: { readonly concurrency: number; readonly onError: (error: Error) => void },
): OpenedWorker {
  const { lockMs, stalledCheckMs, stalledMax, lookEverySeconds } = QUEUES.runs;
  const options = {
    concurrency: settings.concurrency,
    lockDuration: lockMs,
    stalledInterval: stalledCheckMs,
    maxStalledCount: stalledMax,
    drainDelay: lookEverySeconds,
  };
  const connection = connect(address);
  const worker =
    connection.kind === 'redis'
      ? new Worker(QUEUES.runs.name, processor, { ...options, connection: connection.redis })
      : new Worker(QUEUES.runs.name, processor, { ...options, connection: connection.postgres }, createPostgresBackend);
  worker.on('error', settings.onError);
  return {
    pause: () => worker.pause(true),
    close: () => closeWithin(() => worker.close(), connection.end),
  };
}

/** A worker pins connections for LISTEN and for its lock; with too few nothing would ever be taken, silently. */
const POOL_MAX = 5;

function connect(address: QueueAddress) {
  if (address.kind === 'redis') {
    const redis = new Redis(address.url, { maxRetriesPerRequest: null });
    return {
      kind: 'redis',
      redis,
      end: () => {
        redis.disconnect();
      },
    } as const;
  }
  const postgres = { connectionString: address.url, max: POOL_MAX, keepAlive: true, schema: 'bullmq', migrate: true };
  return { kind: 'postgres', postgres, end: () => undefined } as const;
}

/** A call that is under way when closing begins may never settle, so closing is bounded. */
const CLOSE_MS_MAX = 3_000;

async function closeWithin(close: () => Promise<void>, end: () => void): Promise<void> {
  const timeout = new Promise<void>((resolve) => {
    setTimeout(resolve, CLOSE_MS_MAX).unref();
  });
  await Promise.race([close(), timeout]);
  end();
}
