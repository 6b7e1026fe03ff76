import { deletedOf, encodeBlock, InMemoryObjectStore, readBlock, rowsOf } from '@tidemark/checkpoint';
import { TidemarkError, type Checkpoint, type ClaimedRun } from '@tidemark/domain';
import type { GraphRuntime, SnapshotBlocks, StateBlock } from '@tidemark/engine';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { restoreState } from '../restore/restore-state.js';
import { aClaimedRun, aDecisionFor, aRun, aShape, aSnapshot, CountedIds } from '../testing/a-run.js';
import { RecordingRunStore } from '../testing/recording-run-store.js';
import { Checkpointer } from './checkpointer.js';

/** A job's state with one table, and what changed since its last snapshot. */
class CountingGraph implements GraphRuntime {
  readonly counts = new Map<string, string>();
  private readonly dirty = new Set<string>();

  change(key: string, value: number | undefined): void {
    const text = JSON.stringify(key);
    if (value === undefined) this.counts.delete(text);
    else this.counts.set(text, String(value));
    this.dirty.add(text);
  }

  restore(_: string, bytes: Uint8Array): Promise<void> {
    const block = readBlock(bytes);
    for (const { key } of deletedOf(block)) this.counts.delete(key);
    for (const { key, value } of rowsOf(block)) this.counts.set(key, value);
    return Promise.resolve();
  }

  convert(): Promise<Uint8Array> {
    return Promise.reject(new Error('its state has one form'));
  }

  run(): Promise<never> {
    return Promise.reject(new Error('no batch is run here'));
  }

  /** A block for each key. */
  snapshot(kind: 'full' | 'delta'): Promise<SnapshotBlocks> {
    const keys = kind === 'full' ? [...this.counts.keys()] : [...this.dirty];
    this.dirty.clear();
    const blocks = keys.map((key) => this.blockOf(key)).values();
    return Promise.resolve({ next: async () => blocks.next().value });
  }

  private blockOf(key: string): StateBlock {
    const value = this.counts.get(key);
    const rows = value === undefined ? [] : [{ slot: 1, key, values: [value] }];
    const deleted = value === undefined ? [{ slot: 1, key }] : [];
    const columns = [{ name: 'value', type: 'json' }] as const;
    const bytes = encodeBlock({ table: 'state', clear: false, columns, rows, deleted });
    return { uid: 'counts', bytes, rows: rows.length, deleted: deleted.length };
  }
}

/** A disk that takes a number of objects more. */
class FillingStore extends InMemoryObjectStore {
  room = Infinity;

  override async put(path: string, bytes: Uint8Array): Promise<void> {
    if (this.room <= 0) throw new TidemarkError('store_full', { path });
    this.room -= 1;
    await super.put(path, bytes);
  }
}

const aCommand = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('change' as const),
      key: fc.constantFrom(...'abcdefgh'),
      value: fc.option(fc.nat(), { nil: undefined }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('checkpoint' as const),
      room: fc.constantFrom(0, 1, 2, Infinity, Infinity, Infinity),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('die' as const) }) },
);

type Command = typeof aCommand extends fc.Arbitrary<infer T> ? T : never;

/** A job that lives several times. */
class Life {
  private readonly runs = new RecordingRunStore();
  private readonly objects = new FillingStore();
  private readonly ids = new CountedIds();
  private readonly states = new Map<string, ReadonlyMap<string, string>>();
  private graph = new CountingGraph();
  private checkpointer = this.checkpointerWith(undefined);
  private batchId = 0;

  async obey(command: Command): Promise<void> {
    if (command.kind === 'change') this.graph.change(command.key, command.value);
    else if (command.kind === 'die') await this.die();
    else await this.checkpoint(command.room);
  }

  private async checkpoint(room: number): Promise<void> {
    this.batchId += 1;
    this.objects.room = room;
    const { kind } = this.checkpointer;
    const blocks = await this.graph.snapshot(kind);
    const state = new Map(this.graph.counts);
    this.checkpointer.begin(aSnapshot(this.batchId, { kind, next: () => blocks.next() }), 0);
    await this.checkpointer.settle();
    const begun = this.runs.begun.at(-1);
    if (begun !== undefined && this.runs.completed.at(-1) === begun.id) this.states.set(begun.id, state);
  }

  /** The next run begins with the newest complete checkpoint, and with its state. */
  async die(): Promise<void> {
    this.graph = new CountingGraph();
    const { runs, objects, graph } = this;
    const restored = await restoreState(this.claimed(), { runs, objects, graph });
    if (restored.outcome !== 'restored') throw new Error(`It was ${restored.outcome}.`);
    const wanted = restored.checkpoint === undefined ? new Map() : this.states.get(restored.checkpoint.id);
    expect(graph.counts).toEqual(wanted);
    this.checkpointer = this.checkpointerWith(restored.chain);
  }

  private checkpointerWith(chain: ConstructorParameters<typeof Checkpointer>[2]['chain']): Checkpointer {
    const { runs, objects, ids } = this;
    return new Checkpointer(aRun(), { runs, objects, ids }, { overdue: false, chain });
  }

  private claimed(): ClaimedRun {
    const claimed = aClaimedRun();
    const id = this.runs.completed.at(-1);
    const begun = this.runs.begun.find((each) => each.id === id);
    const written = this.runs.written.at(-1);
    if (begun === undefined || written === undefined) return claimed;
    const { tenantId, jobId, epoch } = claimed.fence;
    const { manifestSha256, stateRows, stateBytes } = written;
    const checkpoint: Checkpoint = {
      ...begun,
      ...{ tenantId, jobId, epoch, manifestSha256, stateRows, stateBytes, shapes: { counts: aShape } },
      ...{ status: 'complete', kind: 'checkpoint', createdAt: new Date(0), completedAt: new Date(0) },
      ...{ ownBytes: 0, verifiedAt: undefined },
    };
    return { ...claimed, checkpoint, decision: aDecisionFor(checkpoint) };
  }
}

it('I7: a job gets back the state of its newest complete checkpoint, however often it dies and its disk is full', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(aCommand, { minLength: 5, maxLength: 60 }), async (commands) => {
      const life = new Life();
      for (const command of commands) await life.obey(command);
      await life.die();
    }),
    { numRuns: 60 },
  );
});
