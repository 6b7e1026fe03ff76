/** `longer`, with what `array` holds at its beginning. */
export function grown<T extends Uint8Array | Uint32Array | Int32Array | Float64Array>(array: T, longer: T): T {
  longer.set(array);
  return longer;
}

const DOUBLED_MAX = 1 << 22;

/** The next length of what grows: twice as long, later half as much again, because what is unused costs memory too. */
export const longerThan = (length: number): number => (length < DOUBLED_MAX ? length * 2 : Math.floor(length * 1.5));

/** Ids in a list that grows, of four bytes each. */
export class IdList {
  ids = new Int32Array(64);
  length = 0;

  push(id: number): void {
    if (this.length === this.ids.length) this.ids = grown(this.ids, new Int32Array(longerThan(this.ids.length)));
    this.ids[this.length++] = id;
  }

  pop(): number | undefined {
    return this.length === 0 ? undefined : this.ids[--this.length];
  }
}

/** Ids, each once, in the order in which they were first added. */
export class IdSet {
  private readonly list = new IdList();
  /** By id: whether it is in the list. */
  private listed = new Uint8Array(64);

  add(id: number): void {
    if (id >= this.listed.length) {
      this.listed = grown(this.listed, new Uint8Array(Math.max(id + 1, longerThan(this.listed.length))));
    }
    if (this.listed[id] === 1) return;
    this.listed[id] = 1;
    this.list.push(id);
  }

  /** What is in it, which it then no longer is. */
  take(): Int32Array {
    const ids = this.list.ids.slice(0, this.list.length);
    for (const id of ids) this.listed[id] = 0;
    this.list.length = 0;
    return ids;
  }
}

/** Ids with room for more. */
export const longer = (ids: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> =>
  grown(ids, new Int32Array(longerThan(ids.length)));
