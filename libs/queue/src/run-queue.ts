import type { RunMessage } from '@tidemark/domain';
import { openQueue, type OpenedQueue, type QueueAddress } from './connection.js';
import { QUEUES } from './queues.js';

/** The sending end of the run queue. */
export class RunQueue {
  private readonly queue: OpenedQueue;

  constructor(address: QueueAddress, onError: (error: Error) => void) {
    this.queue = openQueue(address, onError);
  }

  /**
   * Delivers a message at least once. The same `attempt` of the same run is one entry however often it is sent; a higher
   * attempt is another entry, for when the first may be lost. The claim makes repetition harmless.
   */
  publish(message: RunMessage, attempt = 0): Promise<void> {
    return this.queue.add(QUEUES.runs.pattern, message, `${message.runId}-${attempt}`);
  }

  close(): Promise<void> {
    return this.queue.close();
  }
}
