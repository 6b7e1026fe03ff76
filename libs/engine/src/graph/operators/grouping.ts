import { grown, longerThan } from '../../state/growing.js';

/** The values of one context by key: written down as they come, and sorted by counting once all are there. */
export class Grouping {
  private rows = new Int32Array(256);
  private readonly values: unknown[] = [];
  private count = 0;
  /** Ids in the order of their first value; the first {@link distinctCount} count. */
  private distinct = new Int32Array(0);
  private distinctCount = 0;
  /** By id: how many values it has, and later where they end. */
  private ends = new Int32Array(0);
  private readonly sorted: unknown[] = [];

  /** Called by generated code. */
  add(id: number, value: unknown): void {
    const at = this.count++;
    if (at === this.rows.length) this.rows = grown(this.rows, new Int32Array(longerThan(at)));
    this.rows[at] = id;
    // Grows from its end, so that it stays an array without holes.
    if (at === this.values.length) this.values.push(value);
    else this.values[at] = value;
  }

  /** Visits the ids in the order of their first value, each with all of its values. @param ids are below this. */
  forEach(ids: number, visit: (id: number, values: unknown[]) => void): void {
    this.sort(ids);
    const { sorted, ends, distinct } = this;
    let from = 0;
    for (let i = 0; i < this.distinctCount; i += 1) {
      const id = distinct[i] ?? 0;
      const to = ends[id] ?? 0;
      visit(id, sorted.slice(from, to));
      from = to;
    }
  }

  /** Once sorted. */
  has(id: number): boolean {
    return (this.ends[id] ?? 0) > 0;
  }

  /** Once sorted. */
  ids(): Int32Array {
    return this.distinct.subarray(0, this.distinctCount);
  }

  /** Ready for another batch; keeps its room, but no value. */
  clear(): void {
    for (const id of this.ids()) this.ends[id] = 0;
    this.values.fill(undefined, 0, this.count);
    this.sorted.fill(undefined, 0, this.count);
    this.count = 0;
    this.distinctCount = 0;
  }

  private sort(idsBelow: number): void {
    const { rows, values, sorted, count } = this;
    if (this.ends.length < idsBelow) this.ends = grown(this.ends, new Int32Array(longerThan(idsBelow)));
    if (this.distinct.length < count) this.distinct = new Int32Array(longerThan(count));
    while (sorted.length < count) sorted.push(undefined);
    const { ends, distinct } = this;
    for (let i = 0; i < count; i += 1) {
      const id = rows[i] ?? 0;
      if (ends[id] === 0) distinct[this.distinctCount++] = id;
      ends[id] = (ends[id] ?? 0) + 1;
    }
    let start = 0;
    for (let i = 0; i < this.distinctCount; i += 1) {
      const id = distinct[i] ?? 0;
      const length = ends[id] ?? 0;
      ends[id] = start;
      start += length;
    }
    for (let i = 0; i < count; i += 1) {
      const id = rows[i] ?? 0;
      const at = ends[id] ?? 0;
      sorted[at] = values[i];
      ends[id] = at + 1;
    }
  }
}
