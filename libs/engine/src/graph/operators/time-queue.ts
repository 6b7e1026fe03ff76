import { grown, longerThan } from '../../state/growing.js';

/** A binary heap of times, each with an id. */
export class TimeQueue {
  length = 0;
  private times = new Float64Array(64);
  private ids = new Int32Array(64);

  /** The earliest time, if there is one. */
  get firstMs(): number {
    return this.times[0] ?? 0;
  }

  isDue(untilMs: number): boolean {
    return this.length > 0 && this.firstMs <= untilMs;
  }

  add(ms: number, id: number): void {
    if (this.length === this.times.length) {
      this.times = grown(this.times, new Float64Array(longerThan(this.length)));
      this.ids = grown(this.ids, new Int32Array(longerThan(this.length)));
    }
    let at = this.length++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((this.times[parent] ?? 0) <= ms) break;
      this.move(parent, at);
      at = parent;
    }
    this.put(at, ms, id);
  }

  /** Takes out the id of the earliest, if it is not after `untilMs`. */
  take(untilMs: number): number | undefined {
    if (!this.isDue(untilMs)) return undefined;
    const id = this.ids[0] ?? 0;
    this.length -= 1;
    this.sink(this.times[this.length] ?? 0, this.ids[this.length] ?? 0);
    return id;
  }

  private sink(ms: number, id: number): void {
    let at = 0;
    for (let child = 1; child < this.length; child = 2 * at + 1) {
      if (child + 1 < this.length && (this.times[child + 1] ?? 0) < (this.times[child] ?? 0)) child += 1;
      if ((this.times[child] ?? 0) >= ms) break;
      this.move(child, at);
      at = child;
    }
    this.put(at, ms, id);
  }

  private move(from: number, to: number): void {
    this.put(to, this.times[from] ?? 0, this.ids[from] ?? 0);
  }

  private put(at: number, ms: number, id: number): void {
    this.times[at] = ms;
    this.ids[at] = id;
  }
}
