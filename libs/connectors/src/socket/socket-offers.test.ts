import type { InMemoryObjectStore } from '@tidemark/checkpoint';
import { DEFAULT_FLOW, TidemarkError, type PartitionRange } from '@tidemark/domain';
import { MicroBatchEngine, type BatchLog, type GraphInput, type GraphRuntime, type Source } from '@tidemark/engine';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { aContext, aNode } from '../connector.contract.js';
import { openSource } from '../connectors.js';
import { EgressPolicy } from '../egress/egress-policy.js';
import { aRequest, linesOf } from '../source.contract.js';
import { Feed } from './feed.contract.js';
import { LineBuffer } from './line-buffer.js';

async function aSocket() {
  const feed = await Feed.open();
  const context = await aContext({ egress: new EgressPolicy({ allow: ['127.0.0.1'], deny: [] }) });
  const node = aNode('source', 'socket', { host: '127.0.0.1', port: feed.port, format: 'text' });
  const source = await openSource(node, context);
  onTestFinished(() => source.close());
  const pushed = vi.spyOn(LineBuffer.prototype, 'push');
  const put = vi.spyOn(context.objects as InMemoryObjectStore, 'put');
  onTestFinished(() => {
    pushed.mockRestore();
    put.mockRestore();
  });
  let sent = 0;
  /** Resolves once the lines are where a plan finds them. */
  const send = async (...lines: readonly string[]): Promise<void> => {
    const text = lines.map((line) => `${line}\n`).join('');
    sent += text.length;
    await feed.send(text);
    const received = (): number => pushed.mock.calls.reduce((sum, [chunk]) => sum + chunk.length, 0);
    await vi.waitFor(() => expect(received()).toBe(sent), { timeout: 5_000, interval: 2 });
  };
  return { source, send, put };
}

const linesIn = async (source: Source, ranges: { readonly [partition: string]: PartitionRange }): Promise<string[]> =>
  (await source.read(ranges)).flatMap(linesOf);

const fromLine = (from: number) => aRequest(1, { from: { '0': from } });

describe('lines that a socket has offered to a plan that came to nothing', () => {
  it('are offered again, with the same object, until they are read', async () => {
    const { source, send, put } = await aSocket();
    await send('a', 'b');
    const offered = await source.plan(fromLine(0));
    await send('c');
    expect(await source.plan(fromLine(0))).toEqual(offered);
    expect(put).toHaveBeenCalledTimes(1);

    expect(await linesIn(source, offered)).toEqual(['a', 'b']);
    expect(await linesIn(source, await source.plan(fromLine(2)))).toEqual(['c']);
  });

  it('are offered again wherever the next plan begins, but behind them', async () => {
    const { source, send } = await aSocket();
    await send('a', 'b');
    const { '0': offered } = await source.plan(fromLine(5));
    expect(await source.plan(fromLine(4))).toEqual({ '0': { from: 4, to: 6, held: offered?.held } });
    await send('c');
    expect(await linesIn(source, await source.plan(fromLine(7)))).toEqual(['c']);
  });

  it('are not mixed up with those of an older plan that is read again meanwhile', async () => {
    const { source, send } = await aSocket();
    await send('a');
    const first = await source.plan(fromLine(0));
    expect(await linesIn(source, first)).toEqual(['a']);
    await send('b');
    const offered = await source.plan(fromLine(1));
    expect(await linesIn(source, first)).toEqual(['a']);
    expect(await source.plan(fromLine(1))).toEqual(offered);
  });
});

describe('two plans of a socket at once', () => {
  it('are offered the same lines, and neither takes more out of the buffer than those', async () => {
    const { source, send, put } = await aSocket();
    await send('a', 'b');
    let stored = (): void => {};
    put.mockReturnValueOnce(new Promise<void>((resolve) => (stored = resolve)));
    const plans = [source.plan(fromLine(0)), source.plan(fromLine(0))];
    await send('c', 'd');
    stored();
    const [one = {}, other] = await Promise.all(plans);
    expect(other).toEqual(one);
    expect(one).toMatchObject({ '0': { from: 0, to: 2 } });
    expect(await linesIn(source, one)).toEqual(['a', 'b']);
    expect(await linesIn(source, await source.plan(fromLine(2)))).toEqual(['c', 'd']);
  });

  it('fail together where the lines cannot be stored, and leave them for the next', async () => {
    const { source, send, put } = await aSocket();
    await send('a', 'b');
    put.mockRejectedValueOnce(new Error('full'));
    const plans = await Promise.allSettled([source.plan(fromLine(0)), source.plan(fromLine(0))]);
    expect(plans.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await linesIn(source, await source.plan(fromLine(0)))).toEqual(['a', 'b']);
  });
});

describe('a job that reads a socket and something else', () => {
  const INTERVAL_MS = 1_000;

  it('has every line in exactly one batch, although the other source once cannot say what is next', async () => {
    const { source, send } = await aSocket();
    const plan = vi.fn<Source['plan']>(async () => ({}));
    const other: Source = { uid: 'other', plan, read: async () => [], close: async () => {} };
    let nowMs = 1_000_000;
    const batches: string[][] = [];
    const graph = aGraph(async ({ sources }) => {
      batches.push(sources.flatMap(({ chunks }) => chunks.flatMap(linesOf)));
      if (batches.length > 1) return;
      // So late that the next batch is chosen while this one is committed.
      nowMs += 5 * INTERVAL_MS;
      await send('b');
      plan.mockRejectedValueOnce(unavailable);
    });
    const ports = { log, graph, sources: [source, other], sinks: [], clock: { nowMs: () => nowMs } };
    const timing = { ...DEFAULT_FLOW, intervalMs: INTERVAL_MS };
    const engine = new MicroBatchEngine(ports, timing, BEGINNING);
    await engine.resume();

    for (const line of ['a', 'c', 'd']) {
      await send(line);
      nowMs += INTERVAL_MS;
      await engine.runBatch({ planAhead: true, runAhead: true });
    }
    expect(plan.mock.settledResults.filter(({ type }) => type === 'rejected')).toHaveLength(1);
    expect(batches).toEqual([['a'], ['b'], ['c', 'd']]);
  });
});

const unavailable = new TidemarkError('source_unavailable', { source: 'other', reason: 'it is away' });
const BEGINNING = { timeline: 1, batchId: 0, batchTimeMs: undefined, offsets: {} };

const log: BatchLog = {
  after: async () => [],
  plan: async (plan) => ({ outcome: 'planned', plan }),
  commit: async (_, next) => ({ outcome: 'committed', nextPlanned: next !== undefined }),
  setsAside: false,
  setAside: async () => ({ outcome: 'set_aside' }),
  noteSearch: async () => ({ outcome: 'noted' }),
};

const aGraph = (see: (input: GraphInput) => Promise<void>): GraphRuntime => ({
  restore: async () => {},
  convert: () => Promise.reject(new Error('its state has one form')),
  run: async (input) => {
    await see(input);
    return {
      ...{ sinks: new Map(), stateKeys: new Map(), counts: new Map(), skipped: [] },
      ...{ recordsIn: 0, recordsSkipped: 0 },
    };
  },
  snapshot: async () => ({ next: async () => undefined }),
});
