import type { QueueFacts, QueueMark } from '@tidemark/domain';
import { Redis } from 'ioredis';
import { z } from 'zod';
import { QUEUES } from './queues.js';

/** A Redis that does not answer is a fault like others, and must not hold up a start, or the lock on the installation's row. */
const ANSWER_MS_MAX = 1_000;

/** Writes only over what was read: another installation may have come in between. */
const REPLACE = `
local now = redis.call('GET', KEYS[1])
if (now or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1`;

/**
 * The one key of a Redis database that says whose queue is in it:
 *
 * ```json
 * { "format": 1, "installation": "ins_0199f0c2a5d07c3e8d3f5b1c2a4e6f70", "queue": "que_0199f0c2a5d17c3e8d3f5b1c2a4e6f71" }
 * ```
 */
const queueMark = z.object({ format: z.literal(1), installation: z.string(), queue: z.string() });

/** What was read, as text to replace it by, and what it means. */
export interface ReadMark {
  readonly text: string;
  readonly mark: Exclude<QueueFacts['mark'], 'unreachable'>;
}

export class RedisMark {
  private readonly redis: Redis;

  constructor(url: string) {
    this.redis = new Redis(url, {
      lazyConnect: true,
      connectTimeout: ANSWER_MS_MAX,
      commandTimeout: ANSWER_MS_MAX,
      maxRetriesPerRequest: 1,
    });
    // What cannot be reached is told by each call.
    this.redis.on('error', () => undefined);
  }

  /** Throws where Redis does not answer. */
  async read(): Promise<ReadMark> {
    const text = await this.redis.get(QUEUES.runs.markKey);
    return text === null || text === '' ? { text: '', mark: 'none' } : { text, mark: meaningOf(text) };
  }

  /** Changes nothing if there is something else by now than what was read. Throws where Redis does not answer. */
  async replace(read: ReadMark, { installation, queue }: QueueMark): Promise<void> {
    const text = JSON.stringify({ format: 1, installation, queue });
    await this.redis.eval(REPLACE, 1, QUEUES.runs.markKey, read.text, text);
  }

  close(): void {
    this.redis.disconnect();
  }
}

function meaningOf(text: string): ReadMark['mark'] {
  try {
    return queueMark.parse(JSON.parse(text));
  } catch {
    return 'unreadable';
  }
}
