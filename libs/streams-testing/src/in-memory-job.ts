import {
  allowsRestore,
  DEFAULT_FLOW,
  judgeState,
  NO_UPGRADE_OPTIONS,
  objections,
  type BundleManifest,
} from '@tidemark/domain';
import {
  checkDefinition,
  createInProcessGraph,
  MicroBatchEngine,
  PLACES_AS_THEY_ARE,
  reportProblem,
  takeOver,
  type GraphRuntime,
  type Position,
  type StateBlock,
} from '@tidemark/engine';
import { milliseconds, type Duration, type JobDefinition } from '@tidemark/streams';
import type { DeadLetter, SkippedRecord, StateRow, TestJob, TestJobOptions, TestRows, TestUpgrade } from './api.js';
import { InMemoryLog, InMemorySink, InMemorySource } from './in-memory-ports.js';
import { rowsKept } from './kept-state.js';
import { BatchOutputs, ReplayableGraph } from './replayable-graph.js';

const START_MS = 1_767_225_600_000;

const BEGINNING: Position = { timeline: 1, batchId: 0, batchTimeMs: undefined, offsets: {} };

/** Where a job goes on after its end: a position, and how many of the blocks belong to it. */
interface Checkpoint {
  readonly position: Position;
  readonly blocks: number;
}

/** A life of the job: what a crash takes away. */
interface Running {
  readonly graph: ReplayableGraph;
  readonly engine: MicroBatchEngine;
}

/** One job with everything that outlives its runner: its batch log, input, output and checkpoints. */
export class InMemoryJob implements TestJob {
  nowMs: number;
  private readonly seed: string;
  private readonly log = new InMemoryLog();
  private readonly outputs = new BatchOutputs();
  private readonly sources = new Map<string, InMemorySource>();
  private readonly sinks = new Map<string, InMemorySink>();
  /** A base, and deltas on top of it. */
  private blocks: StateBlock[] = [];
  private saved: Checkpoint = { position: BEGINNING, blocks: 0 };
  private manifest: BundleManifest;
  private running: Running;
  private isBusy = false;
  private failure: { readonly error: unknown } | undefined;

  constructor(
    private definition: JobDefinition,
    { startMs = START_MS, seed = 'test' }: TestJobOptions,
  ) {
    if (!Number.isSafeInteger(startMs)) throw new RangeError(`startMs is ${startMs}; it must be whole milliseconds.`);
    this.nowMs = startMs;
    this.seed = seed;
    this.manifest = manifestOf(definition);
    this.running = this.start(BEGINNING);
  }

  add(source: string, records: readonly unknown[] | string): void {
    this.refuseWhileBusy();
    named(this.sources, source, 'source').add(records);
  }

  batch(): Promise<TestRows> {
    return this.alone(async () => {
      const before = this.running.engine.lastBatchId;
      await this.runBatch();
      return this.rowsAfter(before);
    });
  }

  advance(by: Duration): void;
  advance(by: Duration, options: { readonly batches: true }): Promise<TestRows>;
  advance(by: Duration, options?: { readonly batches: true }): undefined | Promise<TestRows> {
    this.refuseWhileBusy();
    const ms = milliseconds(by);
    if (!Number.isSafeInteger(ms) || ms < 0)
      throw new RangeError(`${JSON.stringify(by)} is no duration, for example '1 s'.`);
    if (options?.batches === true) return this.alone(() => this.advanceByBatches(this.nowMs + ms));
    this.nowMs += ms;
    return undefined;
  }

  closeWindows(source: string, lateRecord: unknown): Promise<TestRows> {
    this.add(source, [lateRecord]);
    return this.batch();
  }

  rows(sink: string): readonly unknown[] {
    return named(this.sinks, sink, 'sink').rows();
  }

  state(uid: string): Promise<readonly StateRow[]> {
    return this.alone(async () => {
      if (!Object.hasOwn(this.manifest.shapes, uid))
        throw unknownName(uid, 'operator with state', this.manifest.shapes);
      await this.takeBlocks();
      return rowsKept(this.blocks, uid);
    });
  }

  counts(uid: string): { readonly [name: string]: number } {
    const totals: { [name: string]: number } = {};
    for (const { counts } of this.outputs.all()) {
      for (const [name, count] of Object.entries(counts.get(uid) ?? {})) totals[name] = (totals[name] ?? 0) + count;
    }
    return totals;
  }

  get skipped(): readonly SkippedRecord[] {
    return this.outputs
      .all()
      .flatMap(({ skipped }) => skipped.map(({ source, offset, reason }) => ({ source, record: offset, reason })));
  }

  get skippedCount(): number {
    return this.outputs.all().reduce((sum, { recordsSkipped }) => sum + recordsSkipped, 0);
  }

  get deadLetters(): readonly DeadLetter[] {
    return this.log.waiting.map(({ source, offset, code, reason, bytes }) => {
      return { source, record: offset, code, reason, text: new TextDecoder().decode(bytes) };
    });
  }

  redrive(): void {
    this.refuseWhileBusy();
    this.log.redrive();
  }

  checkpoint(): Promise<void> {
    return this.alone(() => this.save());
  }

  restart(definition = this.definition, upgrade: TestUpgrade = {}): Promise<void> {
    return this.alone(async () => {
      const manifest = manifestOf(definition);
      const verdicts = judgeState(this.manifest.shapes, manifest, { ...NO_UPGRADE_OPTIONS, ...upgrade });
      if (!allowsRestore(verdicts)) {
        throw new Error(`The state cannot be taken over: ${objections(verdicts).join('; ')}.`);
      }
      await this.save();
      const { shapes } = this.manifest;
      const stored = this.blocks;
      const blocks = (uid: string) => stored.filter((block) => block.uid === uid).map(({ bytes }) => bytes);
      this.definition = definition;
      this.manifest = manifest;
      await this.resume((graph) => takeOver(graph, { shapes, blocks }, verdicts));
    });
  }

  crash(): Promise<void> {
    this.failure = undefined;
    return this.alone(() => this.resume());
  }

  private async runBatch(): Promise<void> {
    try {
      const result = await this.running.engine.runBatch({ planAhead: false, runAhead: false });
      // Another life begins with the state before the batch, and finishes it.
      if (result.outcome === 'run_again') await this.resume();
      else if (result.outcome !== 'committed') throw new Error(`The batch did not run: ${result.outcome}.`);
      this.nowMs = Math.max(this.nowMs, this.log.batchTimeOf(this.running.engine.lastBatchId) ?? 0);
    } catch (error) {
      this.failure = { error };
      throw error;
    }
  }

  private async advanceByBatches(untilMs: number): Promise<TestRows> {
    const before = this.running.engine.lastBatchId;
    for (;;) {
      const nextMs = this.nowMs + this.running.engine.msUntilNextBatch();
      if (nextMs > untilMs) break;
      this.nowMs = nextMs;
      await this.runBatch();
    }
    this.nowMs = untilMs;
    return this.rowsAfter(before);
  }

  private rowsAfter(batchId: number): TestRows {
    return Object.fromEntries([...this.sinks].map(([uid, sink]) => [uid, sink.rows(batchId)]));
  }

  /** Adds what has changed since the last time to {@link blocks}. @returns where the job stands. */
  private async takeBlocks(): Promise<Position> {
    const { engine } = this.running;
    if (engine.lastBatchId === 0) return BEGINNING;
    const snapshot = await engine.snapshot(this.blocks.length === 0 ? 'full' : 'delta');
    for (let block = await snapshot.next(); block !== undefined; block = await snapshot.next()) this.blocks.push(block);
    const { timeline, batchId, batchTimeMs, offsets } = snapshot;
    return { timeline, batchId, batchTimeMs, offsets };
  }

  private async save(): Promise<void> {
    const position = await this.takeBlocks();
    this.saved = { position, blocks: this.blocks.length };
  }

  private async resume(
    restore: (graph: GraphRuntime) => Promise<{ readonly isUnchanged: boolean }> = (graph) => this.restore(graph),
  ): Promise<void> {
    const { position, blocks } = this.saved;
    this.blocks = this.blocks.slice(0, blocks);
    this.running = this.start(position);
    const { isUnchanged } = await restore(this.running.graph);
    // What changes from now on cannot be kept on top of another form.
    if (!isUnchanged) {
      this.blocks = [];
      await this.save();
    }
    try {
      if ((await this.running.engine.resume()).outcome === 'run_again') await this.resume();
    } catch (error) {
      this.failure = { error };
      throw error;
    }
  }

  private async restore(graph: GraphRuntime): Promise<{ readonly isUnchanged: boolean }> {
    for (const { uid, bytes } of this.blocks) await graph.restore(uid, bytes);
    return { isUnchanged: true };
  }

  private start(position: Position): Running {
    const graph = new ReplayableGraph(createInProcessGraph(this.definition), this.outputs, this.seed);
    const { nodes, batchIntervalMs, poison } = this.manifest;
    this.log.setsAside = poison === 'dead_letter';
    const nodesOf = (kind: string) => nodes.filter((node) => node.kind === kind);
    const sources = nodesOf('source').map(({ uid = '', options }) =>
      getOrAdd(this.sources, uid, () => new InMemorySource(uid, options['format'] === 'text' ? 'text' : 'json')),
    );
    const sinks = nodesOf('sink').map(({ uid = '' }) => getOrAdd(this.sinks, uid, () => new InMemorySink(uid)));
    const ports = { log: this.log, graph, sources, sinks, clock: { nowMs: () => this.nowMs } };
    // A test says itself when a batch runs: without an interval, at any millisecond.
    const timing = { ...DEFAULT_FLOW, intervalMs: Math.max(1, batchIntervalMs) };
    return { graph, engine: new MicroBatchEngine(ports, timing, position) };
  }

  private async alone<T>(run: () => Promise<T>): Promise<T> {
    this.refuseWhileBusy();
    if (this.failure !== undefined) throw this.failure.error;
    this.isBusy = true;
    try {
      return await run();
    } finally {
      this.isBusy = false;
    }
  }

  private refuseWhileBusy(): void {
    if (this.isBusy) throw new Error('The call before this one is not at its end: await it first.');
  }
}

function manifestOf(definition: JobDefinition): BundleManifest {
  const checked = checkDefinition(definition);
  if (checked.outcome === 'invalid') throw reportProblem(checked.problems[0], PLACES_AS_THEY_ARE);
  return checked.manifest;
}

function named<T>(all: ReadonlyMap<string, T>, uid: string, what: string): T {
  const found = all.get(uid);
  if (found === undefined) throw unknownName(uid, what, Object.fromEntries(all));
  return found;
}

function unknownName(uid: string, what: string, known: object): RangeError {
  return new RangeError(`The job has no ${what} "${uid}"; it has: ${Object.keys(known).join(', ')}.`);
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}
