import type { RunMessage } from '@tidemark/domain';
import type { RunQueue } from '@tidemark/queue';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { aMessage, ScriptedSchedulingStore } from '../testing/scripted-scheduling-store.js';
import { OutboxRelay } from './outbox-relay.js';

const DOUBTFUL_AFTER_MS = 1_500;
const PUBLISH_MS_MAX = 2_000;

let store: ScriptedSchedulingStore;
let sent: string[];
let take: (message: RunMessage) => Promise<void>;
let relay: OutboxRelay;

beforeEach(() => {
  vi.useFakeTimers();
  store = new ScriptedSchedulingStore();
  sent = [];
  take = () => Promise.resolve();
  const queue = {
    publish: (message: RunMessage, attempt: number) => {
      sent.push(`${message.runId} #${attempt}`);
      return take(message);
    },
  };
  relay = new OutboxRelay(store, queue as unknown as RunQueue);
});
afterEach(() => {
  vi.useRealTimers();
});

const announced = (...runIds: string[]): void => {
  store.outbox = runIds.map((runId, index) => ({ id: String(index + 1), message: aMessage(runId) }));
};
const left = (): string[] => store.outbox.map(({ message }) => message.runId);

describe('the outbox', () => {
  it('is empty once the queue has every entry', async () => {
    announced('run_1', 'run_2');

    await relay.relay();

    expect(sent).toEqual(['run_1 #0', 'run_2 #0']);
    expect(left()).toEqual([]);
  });

  it('R6: keeps an entry that the queue has not confirmed, and sends it again under the same name', async () => {
    announced('run_1');
    take = () => Promise.reject(new Error('the queue is gone'));
    await expect(relay.relay()).rejects.toThrow('the queue is gone');
    expect(left()).toEqual(['run_1']);

    take = () => Promise.resolve();
    await relay.relay();

    expect(sent).toEqual(['run_1 #0', 'run_1 #0']);
    expect(left()).toEqual([]);
  });

  it('keeps one entry that is refused, and no other', async () => {
    announced('run_1', 'run_2', 'run_3');
    take = ({ runId }) => (runId === 'run_2' ? Promise.reject(new Error('refused')) : Promise.resolve());

    await expect(relay.relay()).rejects.toThrow('refused');

    expect(left()).toEqual(['run_2']);
  });

  it('does not wait for a queue that does not answer, and gives it each entry once', async () => {
    announced('run_1');
    const { promise, resolve } = Promise.withResolvers<undefined>();
    take = () => promise;

    for (let pass = 1; pass <= 3; pass += 1) {
      const late = expect(relay.relay()).rejects.toThrow('has not answered');
      await vi.advanceTimersByTimeAsync(PUBLISH_MS_MAX);
      await late;
    }
    expect(sent).toEqual(['run_1 #0']);
    expect(left()).toEqual(['run_1']);

    resolve(undefined);
    await relay.relay();
    expect(left()).toEqual([]);
  });
});

describe('a run that nobody claims', () => {
  it('R5: is sent again as another entry, each time after twice as long', async () => {
    store.waiting = [aMessage('run_1')];
    const sentAfterMs: number[] = [];
    for (let nowMs = 0; nowMs <= 30_000; nowMs += 100) {
      const before = sent.length;
      await relay.resendDoubtful(nowMs);
      if (sent.length > before) sentAfterMs.push(nowMs);
    }

    expect(sent).toEqual(['run_1 #1', 'run_1 #2', 'run_1 #3', 'run_1 #4']);
    expect(sentAfterMs).toEqual([0, 2, 6, 14].map((times) => times * DOUBTFUL_AFTER_MS));
  });

  it('is forgotten once it is claimed', async () => {
    store.waiting = [aMessage('run_1')];
    await relay.resendDoubtful(0);
    store.waiting = [];
    await relay.resendDoubtful(100);

    store.waiting = [aMessage('run_1')];
    await relay.resendDoubtful(200);

    expect(sent).toEqual(['run_1 #1', 'run_1 #1']);
  });
});
