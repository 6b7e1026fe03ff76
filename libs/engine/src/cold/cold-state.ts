import { TidemarkError } from '@tidemark/domain';
import { COLD_KEY_BOUND } from '../state/spill.js';
import { getOrAdd } from '../graph/operator.js';
import { readLatin1 } from '../decode/utf8.js';
import type { SnapshotBlocks, StateBlock } from '../ports.js';
import { assembleBlock, readBlock, type ReadBlock } from '../state/state-block.js';
import { ColdRows, keysOf, unfitKeyOf } from './cold-rows.js';
import type { ColdChange, ColdEntries, ColdStore } from './cold-store.port.js';

/** The one table of an operator whose rows need not be in memory. */
const TABLE = 'state';
const BLOCK_BYTES = 1024 * 1024;
/** Keys that the store is asked for, and changes that it takes, at a time: in their order they cost it less. */
const AT_ONCE = 262_144;

/** What the job's graph is asked for rows outside of it: see `ColdSide`, which answers. */
export interface ColdGraph {
  holdElsewhere(uid: string, rows: number): Promise<void>;
  /** Collects the keys of the batch that is about to run. */
  look(): Promise<void>;
  next(of: 'missing' | 'spilled'): Promise<StateBlock | undefined>;
  load(uid: string, block: Uint8Array): Promise<void>;
}

/**
 * The rows of a job's state that lie outside of its graph. At a batch boundary the state is what lies in the store, and
 * over it what is in memory. For the next delta, the blocks that came since the last snapshot are kept as they came, in a
 * space of their own: they have what changed and left memory since.
 *
 * Owner: one run's graph, which awaits each call before the next; a snapshot's blocks are pulled meanwhile.
 */
export class ColdState {
  private readonly rows: ReadonlyMap<string, ColdRows>;
  private writing: Promise<void> = Promise.resolve();
  /** Numbers of the blocks that are kept for the next delta: from the first, to behind the last. */
  private kept = { from: 0, to: 0 };
  private holdsRows = false;
  private restored = false;

  constructor(
    private readonly store: ColdStore,
    uids: readonly string[],
  ) {
    this.rows = new Map(uids.map((uid) => [uid, new ColdRows(TABLE)]));
  }

  /**
   * Takes a block of a checkpoint. @returns what of it the graph must see: all of another operator's, and of its own one
   * without rows, so that the graph can judge its columns. @throws RangeError, TypeError or SyntaxError for no block,
   * TidemarkError `state_over_bound` for a key that is too long.
   */
  async restore(uid: string, bytes: Uint8Array): Promise<Uint8Array | undefined> {
    const rows = this.rows.get(uid);
    if (rows === undefined) return bytes;
    const block = readBlock(bytes);
    const { table, clear, columns } = block.header;
    if (table !== TABLE) return bytes;
    const unfit = unfitKeyOf(block);
    if (unfit !== undefined) {
      const key = readLatin1(unfit.subarray(0, 200));
      throw new TidemarkError('state_over_bound', { operator: uid, bound: COLD_KEY_BOUND, key });
    }
    if (clear) await this.store.clear(spaceOf(uid));
    await this.store.write(spaceOf(uid), rows.changesOf(block));
    this.restored = true;
    return columns.length === 0 ? undefined : withoutRows(block);
  }

  /** Runs a batch between what must come before it and what must come after. */
  async run<T>(graph: ColdGraph, run: () => Promise<T>): Promise<T> {
    await this.writing;
    if (this.restored) {
      for (const uid of this.rows.keys()) await graph.holdElsewhere(uid, this.store.count(spaceOf(uid)));
      this.holdsRows = true;
      this.restored = false;
    }
    if (this.holdsRows) await this.load(graph);
    const output = await run();
    const spilled: StateBlock[] = [];
    for (let block = await graph.next('spilled'); block !== undefined; block = await graph.next('spilled')) {
      spilled.push(block);
    }
    if (spilled.length > 0) this.write(spilled);
    return output;
  }

  /** The graph's own snapshot, completed by the rows that are not in it. @param freeze asks the graph for its own. */
  async snapshot(kind: 'full' | 'delta', freeze: () => Promise<SnapshotBlocks>): Promise<SnapshotBlocks> {
    await this.writing;
    const { kept } = this;
    this.kept = { from: kept.to, to: kept.to };
    const own = await freeze();
    const blocks = kind === 'delta' ? this.delta(kept, own) : this.full(kept, own, this.entries());
    return {
      next: async () => {
        const next = await blocks.next();
        return next.done === true ? undefined : next.value;
      },
    };
  }

  async close(): Promise<void> {
    await this.writing.catch(() => undefined);
    await this.store.close();
  }

  private async load(graph: ColdGraph): Promise<void> {
    await graph.look();
    const missing = new Gathered<Uint8Array>((uid, keys) => this.loadThese(graph, uid, keys));
    for (let block = await graph.next('missing'); block !== undefined; block = await graph.next('missing')) {
      await missing.add(block.uid, keysOf(readBlock(block.bytes).keys));
    }
    await missing.handOver();
  }

  private async loadThese(graph: ColdGraph, uid: string, keys: readonly Uint8Array[]): Promise<void> {
    const found = await this.store.read(spaceOf(uid), keys);
    const entries = new FoundEntries(keys, found);
    for (let rows = entries.next(BLOCK_BYTES); rows.length > 0; rows = entries.next(BLOCK_BYTES)) {
      for (const { bytes } of this.rows.get(uid)?.blocksOf(rows) ?? []) await graph.load(uid, bytes);
    }
  }

  /** Goes on while the batch's output goes to its sinks; whoever looks at the store next waits for it. */
  private write(blocks: readonly StateBlock[]): void {
    this.holdsRows = true;
    this.writing = this.writeAll(blocks);
    // Whoever waits for it learns of it.
    this.writing.catch(() => undefined);
  }

  private async writeAll(blocks: readonly StateBlock[]): Promise<void> {
    const changes = new Gathered<ColdChange>((uid, own) => this.store.write(spaceOf(uid), own));
    const kept: ColdChange[] = [];
    for (const { uid, bytes } of blocks) {
      await changes.add(uid, this.rows.get(uid)?.changesOf(readBlock(bytes)) ?? []);
      kept.push({ key: numberKey(this.kept.to), row: withUid(uid, bytes) });
      this.kept = { ...this.kept, to: this.kept.to + 1 };
    }
    await changes.handOver();
    await this.store.write(KEPT, kept);
  }

  private entries(): ReadonlyMap<string, ColdEntries> {
    return new Map([...this.rows.keys()].map((uid) => [uid, this.store.entries(spaceOf(uid))]));
  }

  /** What left memory came before what is in it. */
  private async *delta(kept: { readonly from: number; readonly to: number }, own: SnapshotBlocks): Blocks {
    for (let number = kept.from; number < kept.to; number += 1) {
      const key = numberKey(number);
      const [stored] = await this.store.read(KEPT, [key]);
      if (stored !== undefined) yield keptBlock(stored);
      await this.store.write(KEPT, [{ key, row: undefined }]);
    }
    yield* all(own);
  }

  /** The rows of the store stand behind the block that empties their table, and before those in memory, which are newer. */
  private async *full(
    kept: { readonly from: number; readonly to: number },
    own: SnapshotBlocks,
    entries: ReadonlyMap<string, ColdEntries>,
  ): Blocks {
    for await (const block of all(own)) {
      yield block;
      const stored = entries.get(block.uid);
      if (stored === undefined || !readBlock(block.bytes).header.clear) continue;
      for (let rows = stored.next(BLOCK_BYTES); rows.length > 0; rows = stored.next(BLOCK_BYTES)) {
        for (const { bytes, rows: count } of this.rows.get(block.uid)?.blocksOf(rows) ?? []) {
          yield { uid: block.uid, bytes, rows: count, deleted: 0 };
        }
      }
      stored.close();
    }
    const gone = Array.from({ length: kept.to - kept.from }, (_, index) => numberKey(kept.from + index));
    await this.store.write(
      KEPT,
      gone.map((key) => ({ key, row: undefined })),
    );
  }
}

/**
 * What blocks hold, by the uid of their operator, until there is much of it. A batch may have millions of keys of a few bytes, and
 * each takes some hundred here: so not all are held at once.
 */
class Gathered<T> {
  private lists = new Map<string, T[]>();
  private count = 0;

  constructor(private readonly take: (uid: string, list: readonly T[]) => Promise<void>) {}

  async add(uid: string, more: readonly T[]): Promise<void> {
    const list = getOrAdd(this.lists, uid, (): T[] => []);
    for (const one of more) list.push(one);
    this.count += more.length;
    if (this.count >= AT_ONCE) await this.handOver();
  }

  async handOver(): Promise<void> {
    const { lists } = this;
    this.lists = new Map();
    this.count = 0;
    for (const [uid, list] of lists) await this.take(uid, list);
  }
}

/** The rows that were found, in pieces. */
class FoundEntries {
  private at = 0;

  constructor(
    private readonly keys: readonly Uint8Array[],
    private readonly rows: readonly (Uint8Array | undefined)[],
  ) {}

  next(bytesMax: number): readonly (readonly [key: Uint8Array, row: Uint8Array])[] {
    const some: (readonly [Uint8Array, Uint8Array])[] = [];
    for (let bytes = 0; this.at < this.keys.length && bytes < bytesMax; this.at += 1) {
      const [key, row] = [this.keys[this.at], this.rows[this.at]];
      if (key === undefined || row === undefined) continue;
      some.push([key, row]);
      bytes += key.length + row.length;
    }
    return some;
  }
}

type Blocks = AsyncGenerator<StateBlock, undefined>;

async function* all(snapshot: SnapshotBlocks): Blocks {
  for (let block = await snapshot.next(); block !== undefined; block = await snapshot.next()) yield block;
}

/** Spaces of operators, and the one of the blocks that are kept. */
const spaceOf = (uid: string): string => `rows/${uid}`;
const KEPT = 'kept';

function numberKey(number: number): Uint8Array {
  const key = new Uint8Array(8);
  new DataView(key.buffer).setFloat64(0, number);
  return key;
}

/** u8 length of the uid, which is ASCII · uid · zeros up to a multiple of 8 · block. */
function withUid(uid: string, block: Uint8Array): Uint8Array {
  const from = headLength(uid.length);
  const bytes = new Uint8Array(from + block.length);
  bytes[0] = uid.length;
  for (let i = 0; i < uid.length; i += 1) bytes[1 + i] = uid.charCodeAt(i);
  bytes.set(block, from);
  return bytes;
}

function keptBlock(stored: Uint8Array): StateBlock {
  const length = stored[0] ?? 0;
  const uid = String.fromCharCode(...stored.subarray(1, 1 + length));
  const bytes = stored.subarray(headLength(length));
  const { rows, deleted } = readBlock(bytes).header;
  return { uid, bytes, rows, deleted };
}

const headLength = (uidLength: number): number => (1 + uidLength + 7) & ~7;

function withoutRows({ header: { rowsInAll: _, ...header } }: ReadBlock): Uint8Array {
  const none = { rows: 0, keyBytes: 0, jsonBytes: header.jsonBytes.map(() => 0), deleted: 0, deletedKeyBytes: 0 };
  return assembleBlock({ ...header, ...none, clear: false }, []);
}
