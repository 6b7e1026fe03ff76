import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TidemarkError } from '@tidemark/domain';
import type { ColdChange, ColdEntries, ColdStore } from '@tidemark/engine';
import { open, type Database, type RootDatabase } from 'lmdb';

/** So many keys are read, and so many changes handed over, before the process does other work. */
const AT_ONCE = 4_096;

const BYTES = { encoding: 'binary', keyEncoding: 'binary' } as const;

/** Operators that spill, and what is kept beside them. */
const SPACES_MAX = 1_100;

const OPTIONS = {
  ...BYTES,
  noSubdir: true,
  noSync: true,
  // Rows are read at random: what lies next to one is of no use.
  noReadAhead: true,
  maxDbs: SPACES_MAX,
};

type Rows = Database<Buffer, Uint8Array>;

export interface LmdbOptions {
  /** Where its file is put. It is unlinked at once where the system allows that, so that not even a crash leaves it. */
  readonly folder: string;
  /** The most bytes that the file may have. */
  readonly bytesMax: number;
}

/**
 * A cold store on the local disk: LMDB, memory-mapped, in one file for each run. Never synced, because it need not outlive
 * its process. Page faults are taken by a thread of their own, as are writes.
 */
export class LmdbColdStore implements ColdStore {
  private readonly spaces = new Map<string, Rows>();
  /** What must let go before the file is unmapped: a read behind that would end the process. */
  private readonly reading = new Set<ColdEntries>();
  private readonly underWay = new Set<Promise<unknown>>();
  private isClosed = false;

  private constructor(
    private readonly root: RootDatabase<Buffer, Uint8Array>,
    private readonly file: string,
    private readonly bytesMax: number,
  ) {}

  static async open({ folder, bytesMax }: LmdbOptions): Promise<LmdbColdStore> {
    await mkdir(folder, { recursive: true });
    const file = join(folder, `cold-${randomUUID()}.mdb`);
    const root = open<Buffer, Uint8Array>(file, OPTIONS);
    await remove(file);
    return new LmdbColdStore(root, file, bytesMax);
  }

  read(space: string, keys: readonly Uint8Array[]): Promise<readonly (Uint8Array | undefined)[]> {
    return this.whileOpen(async () => {
      const rows = this.space(space);
      const order = inOrder(keys);
      const found = keys.map((): Uint8Array | undefined => undefined);
      for (let from = 0; from < order.length; from += AT_ONCE) {
        this.assertOpen();
        const some = order.slice(from, from + AT_ONCE);
        const read = await rows.getMany(some.map((index) => keys[index] ?? EMPTY));
        some.forEach((index, at) => {
          found[index] = read[at];
        });
      }
      return found;
    });
  }

  write(space: string, changes: readonly ColdChange[]): Promise<void> {
    return this.whileOpen(async () => {
      this.refuseOverBound();
      const rows = this.space(space);
      const order = inOrder(changes.map(({ key }) => key));
      for (let from = 0; from < order.length; from += AT_ONCE) {
        this.assertOpen();
        await this.writeSome(
          rows,
          order.slice(from, from + AT_ONCE).map((index) => changes[index]),
        );
      }
    });
  }

  clear(space: string): Promise<void> {
    return this.whileOpen(() => this.space(space).clearAsync());
  }

  count(space: string): number {
    return (this.space(space).getStats() as { readonly entryCount: number }).entryCount;
  }

  entries(space: string): ColdEntries {
    const rows = this.space(space);
    const transaction = rows.useReadTransaction();
    const range = rows.getRange({ transaction })[Symbol.iterator]();
    let isOpen = true;
    const entries: ColdEntries = {
      next: (bytesMax) => {
        this.assertOpen();
        const some: (readonly [Uint8Array, Uint8Array])[] = [];
        for (let bytes = 0; isOpen && bytes < bytesMax;) {
          const next = range.next();
          if (next.done === true) entries.close();
          else {
            const { key, value } = next.value;
            some.push([key.slice(), value]);
            bytes += key.length + value.length;
          }
        }
        return some;
      },
      close: () => {
        if (!isOpen) return;
        isOpen = false;
        this.reading.delete(entries);
        range.return?.();
        transaction.done();
      },
    };
    this.reading.add(entries);
    return entries;
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    await Promise.allSettled(this.underWay);
    for (const entries of this.reading) entries.close();
    // Otherwise a timer of its own does this to what is closed then, and throws.
    this.root.resetReadTxn();
    await this.root.close();
    await remove(this.file);
  }

  private async writeSome(rows: Rows, changes: readonly (ColdChange | undefined)[]): Promise<void> {
    try {
      await rows.batch(() => {
        for (const change of changes) {
          if (change === undefined) continue;
          const { key, row } = change;
          if (row === undefined) void rows.remove(key);
          else void rows.put(key, row as Buffer);
        }
      });
    } catch (error) {
      throw new TidemarkError('store_full', { path: this.file }, { cause: await causeOf(error) });
    }
  }

  /** Closing waits for what has begun. */
  private async whileOpen<T>(work: () => Promise<T>): Promise<T> {
    this.assertOpen();
    const working = work();
    this.underWay.add(working);
    try {
      return await working;
    } finally {
      this.underWay.delete(working);
    }
  }

  private space(name: string): Rows {
    this.assertOpen();
    const known = this.spaces.get(name);
    if (known !== undefined) return known;
    const opened: Rows = this.root.openDB<Buffer, Uint8Array>({ name, ...BYTES });
    this.spaces.set(name, opened);
    return opened;
  }

  private assertOpen(): void {
    if (this.isClosed) throw new Error('The cold store is closed.');
  }

  private refuseOverBound(): void {
    this.assertOpen();
    const { lastPageNumber, pageSize } = this.root.getStats() as {
      readonly lastPageNumber: number;
      readonly pageSize: number;
    };
    if (lastPageNumber * pageSize > this.bytesMax) throw new TidemarkError('store_full', { path: this.file });
  }
}

const EMPTY = new Uint8Array(0);

/**
 * Positions by key; those of equal keys stay in their order. Neighbours lie on one page, which is then read and written
 * once: with many keys that is several times faster than in any other order.
 */
const inOrder = (keys: readonly Uint8Array[]): readonly number[] =>
  Array.from(keys.keys()).sort((a, b) => Buffer.compare(keys[a] ?? EMPTY, keys[b] ?? EMPTY));

/**
 * Why a commit failed: a promise beside the error tells, and would end the process if nobody listened to it. A write to a
 * full disk is `EIO` to LMDB, like any other that falls short.
 */
async function causeOf(error: unknown): Promise<unknown> {
  const { commitError } = error as { readonly commitError?: Promise<never> };
  return commitError === undefined ? error : commitError.catch((cause: unknown) => cause);
}

/** Whoever has the file open keeps it; where that is not so, it stays until the store is closed. */
async function remove(file: string): Promise<void> {
  await Promise.all([file, `${file}-lock`].map((path) => rm(path, { force: true }).catch(() => undefined)));
}
