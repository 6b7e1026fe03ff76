import type { RunMessage } from '@tidemark/domain';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { QueueAddress } from './connection.js';
import { QUEUES } from './queues.js';
import { RunQueueTransport } from './run-queue.transport.js';
import { RunQueue } from './run-queue.js';

const aMessage = (runId: string): RunMessage =>
  ({
    tenantId: 'tnt_1',
    jobId: 'job_1',
    runId: `run_${runId}`,
    traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
  }) as RunMessage;

const WAIT = { timeout: 10_000, interval: 10 };

/** What every backend of the run queue must do. `open` gives an address that nothing else uses. */
export function runQueueContract(backend: string, open: () => Promise<QueueAddress>): void {
  describe(`the run queue on ${backend}`, () => {
    const opened: { close(): Promise<void> }[] = [];
    afterEach(async () => {
      for (const end of opened.splice(0)) await end.close();
    });

    const sender = (address: QueueAddress): RunQueue => {
      const queue = new RunQueue(address, () => undefined);
      opened.push(queue);
      return queue;
    };
    const receiver = (
      address: QueueAddress,
      handle: (message: RunMessage) => Promise<void>,
      places = 4,
    ): RunQueueTransport => {
      const transport = new RunQueueTransport(address, places);
      transport.addHandler(QUEUES.runs.pattern, handle);
      transport.listen(() => undefined);
      opened.push(transport);
      return transport;
    };

    it('delivers a message whole, also when it was sent before anybody listened', async () => {
      const address = await open();
      const received: RunMessage[] = [];
      await sender(address).publish(aMessage('early'));
      receiver(address, (message) => Promise.resolve(void received.push(message)));

      await vi.waitFor(() => {
        expect(received).toEqual([aMessage('early')]);
      }, WAIT);
    });

    it('takes the same attempt once, and a higher attempt as a new entry', async () => {
      const address = await open();
      const queue = sender(address);
      const received: RunMessage[] = [];
      await queue.publish(aMessage('a'));
      await queue.publish(aMessage('a'));
      await queue.publish(aMessage('a'), 1);
      await queue.publish(aMessage('last'));
      receiver(address, (message) => Promise.resolve(void received.push(message)), 1);

      await vi.waitFor(() => {
        expect(received.at(-1)).toEqual(aMessage('last'));
      }, WAIT);
      expect(received.map(({ runId }) => runId)).toEqual(['run_a', 'run_a', 'run_last']);
    });

    it('holds a place until the handler is done, and gives the next message to whoever has one', async () => {
      const address = await open();
      const queue = sender(address);
      const taken: string[] = [];
      let release = (): void => undefined;
      const held = new Promise<void>((resolve) => (release = resolve));
      const slow = (name: string) => async (message: RunMessage) => {
        taken.push(`${name} ${message.runId}`);
        await held;
      };
      receiver(address, slow('one'), 1);
      await queue.publish(aMessage('a'));
      await vi.waitFor(() => {
        expect(taken).toEqual(['one run_a']);
      }, WAIT);
      await queue.publish(aMessage('b'));
      receiver(address, slow('two'), 1);

      await vi.waitFor(() => {
        expect(taken).toEqual(['one run_a', 'two run_b']);
      }, WAIT);
      release();
    });

    it('drops what is no run message, and goes on', async () => {
      const address = await open();
      const queue = sender(address);
      const received: RunMessage[] = [];
      await queue.publish({ ...aMessage('bad'), jobId: 'not-a-job' } as never);
      await queue.publish(aMessage('good'));
      receiver(address, (message) => Promise.resolve(void received.push(message)));

      await vi.waitFor(() => {
        expect(received).toEqual([aMessage('good')]);
      }, WAIT);
    });
  });
}
