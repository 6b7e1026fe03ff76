import type { Held } from './figure-cells.js';

export const PRECISION_MIN = 4;
export const PRECISION_MAX = 16;
/** 4,096 registers: a standard error of 1.6 %. */
export const PRECISION = 12;

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/**
 * Counts different values without keeping them: HyperLogLog (Flajolet, Fusy, Gandouet and Meunier, 2007) over 64-bit
 * hashes, with the estimator of Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (2017), algorithm 6,
 * which needs no correction for small or large counts. Its standard error is 1.04 ÷ √(2^precision).
 *
 * While few registers are set they are kept by their numbers; as JSON that is a list of `register × 64 + rank`, and later a
 * text with a digit of base 64 for each register. State depends on the hash below: it is **frozen**.
 */
export class DistinctCounter implements Held {
  madeIn = 0;
  private few: Map<number, number> | undefined = new Map();
  private registers = new Uint8Array(0);

  constructor(private readonly precision: number) {}

  static from(precision: number, json: unknown): DistinctCounter {
    const counter = new DistinctCounter(precision);
    if (Array.isArray(json)) for (const entry of json as number[]) counter.raise(Math.floor(entry / 64), entry % 64);
    else if (typeof json === 'string') counter.spread(Uint8Array.from(json, (digit) => DIGITS.indexOf(digit)));
    return counter;
  }

  toJSON(): unknown {
    if (this.few !== undefined) return Array.from(this.few, ([register, rank]) => register * 64 + rank);
    return Array.from(this.registers, (rank) => DIGITS[rank]).join('');
  }

  add(text: string): void {
    const high = murmur3(text, 0x2545f491);
    const low = murmur3(text, 0x9e3779b9);
    const register = high >>> (32 - this.precision);
    const rest = (high << this.precision) >>> 0;
    const rank = 1 + (rest === 0 ? 32 - this.precision + Math.clz32(low) : Math.clz32(rest));
    this.raise(register, rank);
  }

  merge(later: DistinctCounter): void {
    if (later.few === undefined) later.registers.forEach((rank, register) => rank > 0 && this.raise(register, rank));
    else for (const [register, rank] of later.few) this.raise(register, rank);
  }

  estimate(): number {
    const size = 2 ** this.precision;
    const q = 64 - this.precision;
    const withRank = new Float64Array(q + 2);
    if (this.few === undefined) for (const rank of this.registers) withRank[rank] = (withRank[rank] ?? 0) + 1;
    else {
      withRank[0] = size - this.few.size;
      for (const rank of this.few.values()) withRank[rank] = (withRank[rank] ?? 0) + 1;
    }
    let z = size * tau(1 - (withRank[q + 1] ?? 0) / size);
    for (let rank = q; rank >= 1; rank -= 1) z = 0.5 * (z + (withRank[rank] ?? 0));
    z += size * sigma((withRank[0] ?? 0) / size);
    return ((size / (2 * Math.LN2)) * size) / z;
  }

  private raise(register: number, rank: number): void {
    if (this.few === undefined) {
      if (rank > (this.registers[register] ?? 0)) this.registers[register] = rank;
      return;
    }
    if (rank <= (this.few.get(register) ?? 0)) return;
    this.few.set(register, rank);
    // An entry of the list takes about eight times the room of a digit.
    if (this.few.size > 2 ** this.precision / 8) this.spread(this.spreadOut(this.few));
  }

  private spreadOut(few: ReadonlyMap<number, number>): Uint8Array {
    const registers = new Uint8Array(2 ** this.precision);
    for (const [register, rank] of few) registers[register] = rank;
    return registers;
  }

  private spread(registers: Uint8Array): void {
    this.few = undefined;
    this.registers = new Uint8Array(registers);
  }
}

function sigma(x: number): number {
  if (x === 1) return Infinity;
  let [power, y, z, before] = [x, 1, x, Number.NaN];
  while (z !== before) {
    before = z;
    power *= power;
    z += power * y;
    y += y;
  }
  return z;
}

function tau(x: number): number {
  if (x === 0 || x === 1) return 0;
  let [root, y, z, before] = [x, 1, 1 - x, Number.NaN];
  while (z !== before) {
    before = z;
    root = Math.sqrt(root);
    y *= 0.5;
    z -= (1 - root) ** 2 * y;
  }
  return z / 3;
}

/** MurmurHash3 (Appleby), 32 bits, over UTF-16 units: two of them are one block. */
function murmur3(text: string, seed: number): number {
  let h = seed;
  const { length } = text;
  for (let i = 0; i < length; i += 2) {
    let k = text.charCodeAt(i) | ((i + 1 < length ? text.charCodeAt(i + 1) : 0) << 16);
    k = Math.imul(k, 0xcc9e2d51);
    k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
    h ^= k;
    // A half block is only mixed in, as in the original.
    if (i + 1 < length) h = (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
  }
  h ^= 2 * length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
