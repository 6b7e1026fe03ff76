interface Waiting<T, R> {
  readonly item: T;
  readonly resolve: (result: R) => void;
  readonly reject: (reason: unknown) => void;
}

/** What one statement may have. */
interface GroupBounds<T> {
  readonly itemsMax: number;
  readonly bytesMax: number;
  /** About how many bytes an item is long. */
  readonly bytesOf: (item: T) => number;
  /** Whether a write has failed because of what is in it, and has had no effect: without the culprit it succeeds. */
  readonly isRefused: (error: unknown) => boolean;
}

/**
 * Two group commits side by side, one for what is large: neither does a small item share a statement with that, nor does it
 * wait for one. Items of one run keep their order, because a run awaits every write.
 */
export class SizedGroupCommit<T, R> {
  private readonly small: GroupCommit<T, R>;
  private readonly large: GroupCommit<T, R>;

  constructor(
    write: (items: readonly T[]) => Promise<readonly R[]>,
    private readonly bounds: GroupBounds<T> & {
      /** An item with more bytes is large. */
      readonly smallBytesMax: number;
    },
  ) {
    this.small = new GroupCommit(write, bounds);
    this.large = new GroupCommit(write, bounds);
  }

  submit(item: T): Promise<R> {
    const { bytesOf, smallBytesMax } = this.bounds;
    return (bytesOf(item) > smallBytesMax ? this.large : this.small).submit(item);
  }
}

/**
 * Writes what waits at the same time in one statement: while one is under way, later items gather for the next. A lone
 * item is written at once, so nobody waits for company. A statement that fails fails for all of its items, but for one that
 * is refused: there each item is written by itself, so that one job's row does not end the runs of others.
 *
 * Owner of the queue: this object. It holds at most one item of each run, because a run awaits every write.
 */
export class GroupCommit<T, R> {
  private waiting: Waiting<T, R>[] = [];
  private writing = false;

  constructor(
    private readonly write: (items: readonly T[]) => Promise<readonly R[]>,
    private readonly bounds: GroupBounds<T>,
  ) {}

  submit(item: T): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      void this.drain();
    });
  }

  private async drain(): Promise<void> {
    if (this.writing) return;
    this.writing = true;
    while (this.waiting.length > 0) {
      await this.writeGroup(this.waiting.splice(0, this.nextCount()));
    }
    this.writing = false;
  }

  private async writeGroup(group: readonly Waiting<T, R>[]): Promise<void> {
    try {
      const results = await this.write(group.map(({ item }) => item));
      group.forEach(({ resolve }, index) => {
        resolve(results[index] as R);
      });
    } catch (error) {
      if (group.length > 1 && this.bounds.isRefused(error)) for (const one of group) await this.writeGroup([one]);
      else for (const { reject } of group) reject(error);
    }
  }

  /** At least one, however many bytes it has. */
  private nextCount(): number {
    const { itemsMax, bytesMax, bytesOf } = this.bounds;
    let bytes = 0;
    const over = this.waiting.findIndex(({ item }, index) => {
      bytes += bytesOf(item);
      return index > 0 && (index === itemsMax || bytes > bytesMax);
    });
    return over === -1 ? this.waiting.length : over;
  }
}
