import {
  DEFAULT_FLOW,
  type BatchCommit,
  type BatchPlan,
  type LoggedBatch,
  type PartitionIdentities,
  type PartitionRange,
} from '@tidemark/domain';
import { describe, expect, it } from 'vitest';
import type { BatchLog, GraphRuntime, InputChunk, PlanRequest, Source } from '../ports.js';
import { MicroBatchEngine } from './micro-batch-engine.js';
import type { Position } from './resume.js';

const START: Position = { timeline: 1, batchId: 0, batchTimeMs: undefined, offsets: {}, identities: {} };

/** A source that recognises its partition by the last position that was read. */
class KnowingSource implements Source {
  readonly uid = 'in';
  readonly canPlanAhead = true;
  readonly told: (PartitionIdentities | undefined)[] = [];
  readonly readWith: (PartitionIdentities | undefined)[] = [];

  async plan({ from, identities }: PlanRequest) {
    this.told.push(identities);
    const start = from['0'] ?? 0;
    return { '0': { from: start, to: start + 10 } };
  }

  async read(ranges: { readonly [partition: string]: PartitionRange }, identities?: PartitionIdentities) {
    this.readWith.push(identities);
    return Object.entries(ranges).map(([partition, range]): InputChunk => ({
      ...{ partition, range, offsetUnit: 'records', bytes: new Uint8Array() },
      identity: `at ${range.to}`,
    }));
  }

  async close() {}
}

function aLog(logged: LoggedBatch[] = []) {
  const commits: BatchCommit[] = [];
  const log: BatchLog = {
    after: (batchId) => Promise.resolve(logged.filter(({ plan }) => plan.batchId > batchId)),
    plan: (plan) => Promise.resolve({ outcome: 'planned', plan }),
    commit: (commit) => {
      commits.push(commit);
      return Promise.resolve({ outcome: 'committed', nextPlanned: false });
    },
    setsAside: false,
    setAside: () => Promise.reject(new Error('A record was set aside.')),
    noteSearch: () => Promise.reject(new Error('A record was looked for.')),
  };
  return { log, commits };
}

const graph: GraphRuntime = {
  restore: () => Promise.resolve(),
  convert: () => Promise.reject(new Error('its state has one form')),
  run: () =>
    Promise.resolve({
      sinks: new Map(),
      recordsIn: 0,
      recordsSkipped: 0,
      stateKeys: new Map(),
      counts: new Map(),
      skipped: [],
    }),
  snapshot: () => Promise.resolve({ next: () => Promise.resolve(undefined) }),
};

const engineOn = (log: BatchLog, source: Source, position: Position) =>
  new MicroBatchEngine(
    { log, graph, sources: [source], sinks: [], clock: { nowMs: () => 1_000_000 } },
    { ...DEFAULT_FLOW, trigger: 'asap', intervalMs: 0 },
    position,
  );

const IN_STEP = { planAhead: false, runAhead: false };

describe('what a partition is recognised by', () => {
  it('is told to the source with the next plan, and kept with every commit and snapshot', async () => {
    const source = new KnowingSource();
    const { log, commits } = aLog();
    const engine = engineOn(log, source, START);
    await engine.resume();
    await engine.runBatch(IN_STEP);
    await engine.runBatch(IN_STEP);

    expect(source.told).toEqual([undefined, { '0': 'at 10' }]);
    expect(commits.map(({ identities }) => identities)).toEqual([{ in: { '0': 'at 10' } }, { in: { '0': 'at 20' } }]);
    expect((await engine.snapshot('full')).identities).toEqual({ in: { '0': 'at 20' } });
  });

  it('is known again after batches that another run has planned', async () => {
    const source = new KnowingSource();
    const range = { from: 0, to: 5 };
    const plan: BatchPlan = { timeline: 1, batchId: 1, batchTimeMs: 500, ranges: { in: { '0': range } } };
    const engine = engineOn(aLog([{ plan, nextOffsets: { in: { '0': 5 } } }]).log, source, START);
    await engine.resume();
    await engine.runBatch(IN_STEP);

    expect(source.told).toEqual([{ '0': 'at 5' }]);
    expect(source.readWith).toEqual([undefined, { '0': 'at 5' }]);
  });
});
