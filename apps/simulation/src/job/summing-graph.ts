import { encodeBlock, readBlock, rowsOf } from '@tidemark/checkpoint';
import type { GraphInput, GraphOutput, SnapshotBlocks, StateBlock } from '@tidemark/engine';
import type { KillableGraph } from '@tidemark/runner/protocol';
import { OPERATOR, SINK, type Row } from './records.js';

const SLOT = 1;

/** A job's graph that keeps sums by key, in the state blocks of production. Its state says of what shape it is. */
export class SummingGraph implements KillableGraph {
  private readonly totals = new Map<string, number>();
  private changed = new Set<string>();
  private isKilled = false;

  constructor(
    private readonly shape: string,
    /** State of another shape was handed over as if it were this one's. */
    private readonly onForeignState: (shape: string) => void,
  ) {}

  kill(): void {
    this.isKilled = true;
  }

  async restore(_: string, block: Uint8Array): Promise<void> {
    const view = readBlock(block, (reason) => new Error(reason));
    for (const { key, value } of rowsOf(view)) {
      const { shape, sum } = JSON.parse(value) as { readonly shape: string; readonly sum: number };
      if (shape !== this.shape) this.onForeignState(shape);
      this.totals.set(JSON.parse(key) as string, sum);
    }
  }

  convert(): Promise<Uint8Array> {
    return Promise.reject(new Error('No state of this job is converted.'));
  }

  async run({ sources }: GraphInput): Promise<GraphOutput> {
    if (this.isKilled) throw new Error('The graph was killed.');
    const ranges: { [partition: string]: { readonly from: number; readonly to: number } } = {};
    const touched = new Set<string>();
    let recordsIn = 0;
    for (const { partition, range, bytes } of sources.flatMap(({ chunks }) => chunks)) {
      ranges[partition] = { from: range.from, to: range.to };
      for (const line of new TextDecoder().decode(bytes).split('\n')) {
        if (line === '') continue;
        const [key = '', value] = line.split(',');
        this.totals.set(key, (this.totals.get(key) ?? 0) + Number(value));
        touched.add(key);
        this.changed.add(key);
        recordsIn += 1;
      }
    }
    const row: Row = {
      ranges,
      totals: Object.fromEntries([...touched].map((key) => [key, this.totals.get(key) ?? 0])),
    };
    const bytes = new TextEncoder().encode(`${JSON.stringify(row)}\n`);
    return {
      sinks: new Map(recordsIn === 0 ? [] : [[SINK, { rows: 1, bytes }]]),
      ...{ recordsIn, recordsSkipped: 0, skipped: [], counts: new Map() },
      stateKeys: new Map([[OPERATOR, this.totals.size]]),
    };
  }

  async snapshot(kind: 'full' | 'delta'): Promise<SnapshotBlocks> {
    const keys = kind === 'full' ? [...this.totals.keys()] : [...this.changed];
    this.changed = new Set();
    const rows = keys.map((key) => {
      const value = JSON.stringify({ shape: this.shape, sum: this.totals.get(key) ?? 0 });
      return { slot: SLOT, key: JSON.stringify(key), values: [value] };
    });
    const bytes = encodeBlock({
      ...{ table: 'state', clear: kind === 'full', columns: [{ name: 'value', type: 'json' }], rows, deleted: [] },
    });
    const block: StateBlock = { uid: OPERATOR, bytes, rows: rows.length, deleted: 0 };
    const blocks = (rows.length === 0 ? [] : [block]).values();
    return { next: async () => blocks.next().value };
  }
}
