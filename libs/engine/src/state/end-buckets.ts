/**
 * Ids of rows by when they end, in buckets of time: what is over is found without a look at all rows. An id may stand in
 * several buckets, or in one for what has long gone; whoever takes it looks at the row.
 */
export class EndBuckets {
  private readonly buckets = new Map<number, number[]>();
  private lastBucket = NaN;
  private last: number[] = [];
  private seen = new Int32Array(64);
  private round = 0;

  /** @param isExact whether what has ended is wanted at once, and not only when all of its bucket has. */
  constructor(
    private readonly widthMs: number,
    private readonly isExact: boolean,
  ) {}

  add(id: number, endMs: number): void {
    const bucket = Math.floor(endMs / this.widthMs);
    if (bucket !== this.lastBucket) {
      this.lastBucket = bucket;
      this.last = this.buckets.get(bucket) ?? [];
      this.buckets.set(bucket, this.last);
    }
    this.last.push(id);
  }

  /**
   * Takes out the buckets in which something may have ended before `ms`. Put back what {@link isTaken} and has not.
   * @returns their ids, each once, in no order.
   */
  takeBefore(ms: number): readonly number[] {
    const ids: number[] = [];
    this.round += 1;
    for (const [bucket, members] of this.buckets) {
      if (!this.isOver(bucket, ms)) continue;
      this.buckets.delete(bucket);
      for (const id of members) if (this.isFirst(id)) ids.push(id);
    }
    this.lastBucket = NaN;
    return ids;
  }

  /** Whether the bucket of what ends at `endMs` is one that {@link takeBefore} takes out. */
  isTaken(endMs: number, ms: number): boolean {
    return this.isOver(Math.floor(endMs / this.widthMs), ms);
  }

  clear(): void {
    this.buckets.clear();
    this.lastBucket = NaN;
  }

  private isOver(bucket: number, ms: number): boolean {
    return this.isExact ? bucket * this.widthMs < ms : (bucket + 1) * this.widthMs <= ms;
  }

  private isFirst(id: number): boolean {
    if (id >= this.seen.length) {
      const longer = new Int32Array(Math.max(id + 1, this.seen.length * 2));
      longer.set(this.seen);
      this.seen = longer;
    }
    if (this.seen[id] === this.round) return false;
    this.seen[id] = this.round;
    return true;
  }
}
