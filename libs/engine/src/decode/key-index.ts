import { utf8OfText } from './utf8.js';

/** Finds the declared member that a name's bytes are. */
export class KeyIndex {
  /** What {@link find} gives for a name that is not declared. */
  readonly other: number;
  private readonly keys: readonly (readonly number[] | undefined)[];
  private readonly ids: ReadonlyMap<string, number>;
  /** By {@link bucketOf}: the ids of the names in it. */
  private readonly buckets: readonly (readonly number[])[];

  constructor(names: readonly string[]) {
    this.other = names.length;
    this.ids = new Map(names.map((name, id) => [name, id]));
    this.keys = names.map((name) => utf8OfText(name));
    const buckets = Array.from({ length: BUCKETS }, (): number[] => []);
    for (const [id, key] of this.keys.entries()) {
      if (key !== undefined) buckets[bucketOf(key.length, key[0] ?? 0)]?.push(id);
    }
    this.buckets = buckets;
  }

  /** @param buf the name as it is written between its quotes, from `from` to `to`, without an escape. */
  find(buf: Uint8Array, from: number, to: number): number {
    const length = to - from;
    const bucket = this.buckets[bucketOf(length, length === 0 ? 0 : buf[from]!)]!;
    for (const id of bucket) {
      if (isAt(this.keys[id]!, buf, from, length)) return id;
    }
    return this.other;
  }

  findName(name: string): number {
    return this.ids.get(name) ?? this.other;
  }
}

const BUCKETS = 256;

function bucketOf(length: number, first: number): number {
  return (length * 31 + first) & (BUCKETS - 1);
}

function isAt(key: readonly number[], buf: Uint8Array, from: number, length: number): boolean {
  if (key.length !== length) return false;
  for (let i = 0; i < length; i += 1) if (key[i] !== buf[from + i]) return false;
  return true;
}
