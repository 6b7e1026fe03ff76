import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Random } from './random.js';

/** The `number`th record of a partition. */
export interface InputRecord {
  readonly side: 'left' | 'right';
  readonly partition: string;
  readonly number: number;
  readonly key: string;
  readonly value: number;
  readonly timeMs: number;
}

export type Side = InputRecord['side'];

/** What was given to a job to read. */
export interface Inputs {
  /** The records in a range of bytes; undefined where it does not begin and end between two of them. */
  recordsIn(side: Side, partition: string, range: { readonly from: number; readonly to: number }): Slice | undefined;
}

type Slice = readonly InputRecord[];

const PARTITIONS = ['a.jsonl', 'b.jsonl', 'c.jsonl'];
const KEYS_PER_PARTITION = 70;
const RECORDS_AT_ONCE_MAX = 8;
const ROUND_MS = 100;
const VALUE_MAX = 1_000;
/** Of the first record: any time would do. */
const BEGINS_MS = 1_700_000_000_000;

interface Partition {
  readonly records: InputRecord[];
  /** After each record, in bytes. */
  readonly ends: number[];
}

/** Writes what a job reads, remembers it, and knows which records stand in which bytes. Owner of all fields: the driver. */
export class GrowingInputs implements Inputs {
  private readonly partitions = new Map<string, Partition>();
  private timeMs = BEGINS_MS;

  /** @param name of the folder, in `files` */
  constructor(
    private readonly files: string,
    readonly name: string,
    private readonly sides: readonly Side[],
    private readonly random: Random,
  ) {
    for (const [side, partition] of this.each()) {
      this.partitions.set(`${side}/${partition}`, { records: [], ends: [] });
      mkdirSync(dirname(this.fileOf(side, partition)), { recursive: true });
      appendFileSync(this.fileOf(side, partition), '');
    }
  }

  /** Adds some records to every partition, `rounds` times, and answers how many in all. */
  grow(rounds: number): number {
    let added = 0;
    for (let round = 0; round < rounds; round += 1) {
      this.timeMs += ROUND_MS;
      for (const [side, partition] of this.each()) added += this.append(side, partition);
    }
    return added;
  }

  /** Offsets after the last record of every partition that has one. */
  ends(): { readonly [side: string]: { readonly [partition: string]: number } } {
    const ends: { [side: string]: { [partition: string]: number } } = {};
    for (const [side, partition] of this.each()) {
      const end = this.partitionOf(side, partition)?.ends.at(-1);
      if (end !== undefined) (ends[side] ??= {})[partition] = end;
    }
    return ends;
  }

  get count(): number {
    return [...this.partitions.values()].reduce((sum, { records }) => sum + records.length, 0);
  }

  recordsIn(side: Side, partition: string, { from, to }: { readonly from: number; readonly to: number }) {
    const known = this.partitionOf(side, partition);
    const [first, last] = [boundary(known?.ends ?? [], from), boundary(known?.ends ?? [], to)];
    return known === undefined || first === undefined || last === undefined
      ? undefined
      : known.records.slice(first, last);
  }

  private append(side: Side, partition: string): number {
    const known = this.partitionOf(side, partition);
    if (known === undefined) return 0;
    const count = this.random.below(RECORDS_AT_ONCE_MAX + 1);
    const lines: string[] = [];
    for (let index = 0; index < count; index += 1) {
      const record: InputRecord = {
        ...{ side, partition, number: known.records.length + 1, timeMs: this.timeMs },
        // In one partition of each side: only there do the records of a key have an order.
        key: `${partition.slice(0, 1)}${this.random.below(KEYS_PER_PARTITION)}`,
        value: this.random.below(VALUE_MAX),
      };
      const line = `${JSON.stringify(record)}\n`;
      known.records.push(record);
      known.ends.push((known.ends.at(-1) ?? 0) + line.length);
      lines.push(line);
    }
    appendFileSync(this.fileOf(side, partition), lines.join(''));
    return count;
  }

  private each(): readonly (readonly [Side, string])[] {
    return this.sides.flatMap((side) => PARTITIONS.map((partition) => [side, partition] as const));
  }

  private partitionOf(side: Side, partition: string): Partition | undefined {
    return this.partitions.get(`${side}/${partition}`);
  }

  private fileOf(side: Side, partition: string): string {
    return join(this.files, this.name, side, partition);
  }
}

/** How many records end at or before `offset`, if one ends exactly there. */
function boundary(ends: readonly number[], offset: number): number | undefined {
  if (offset === 0) return 0;
  let [low, high] = [0, ends.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ends[middle] ?? 0) < offset) low = middle + 1;
    else high = middle;
  }
  return ends[low] === offset ? low + 1 : undefined;
}
