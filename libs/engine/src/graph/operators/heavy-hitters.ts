import type { Held } from './figure-cells.js';

export const COUNTERS_MAX = 1_000;

interface Hit {
  readonly text: string;
  readonly count: number;
  readonly error: number;
}

/**
 * The most frequent values, by the Space-Saving algorithm: Metwally, Agrawal and El Abbadi, "Efficient computation of
 * frequent and top-k elements in data streams" (ICDT 2005). With m counters over n values, a count is too high by at most
 * its `error`, which is at most n ÷ m, and every value that came more than n ÷ m times has a counter. While there are no
 * more than m different values, counts are exact. Merging is that of Agarwal and others, "Mergeable summaries" (PODS 2012).
 */
export class HeavyHitters implements Held {
  madeIn = 0;
  private texts: string[] = [];
  private counts: number[] = [];
  private errors: number[] = [];
  private at = new Map<string, number>();

  constructor(private readonly countersMax: number) {}

  static from(countersMax: number, json: unknown): HeavyHitters {
    const hits = new HeavyHitters(countersMax);
    for (const [text, count, error] of json as readonly (readonly [string, number, number])[]) {
      hits.open({ text, count, error });
    }
    return hits;
  }

  /** In the order of the counters, which decides between those with equal counts. */
  toJSON(): unknown {
    return this.texts.map((text, i) => [text, this.counts[i] ?? 0, this.errors[i] ?? 0]);
  }

  add(text: string): void {
    const known = this.at.get(text);
    if (known !== undefined) this.counts[known] = (this.counts[known] ?? 0) + 1;
    else if (this.texts.length < this.countersMax) this.open({ text, count: 1, error: 0 });
    else this.giveCounter(this.lowest(), text);
  }

  merge(later: HeavyHitters): void {
    const [mine, theirs] = [this.missing(), later.missing()];
    const others = new Map(later.hits().map((hit) => [hit.text, hit]));
    const both = this.hits().map(({ text, count, error }) => {
      const other = others.get(text) ?? { count: theirs, error: theirs };
      others.delete(text);
      return { text, count: count + other.count, error: error + other.error };
    });
    for (const { text, count, error } of others.values()) both.push({ text, count: count + mine, error: error + mine });
    const kept = both.sort(byCount).slice(0, this.countersMax);
    this.texts = [];
    this.counts = [];
    this.errors = [];
    this.at = new Map();
    for (const hit of kept) this.open(hit);
  }

  top(k: number): readonly Hit[] {
    return this.hits().sort(byCount).slice(0, k);
  }

  private hits(): Hit[] {
    return this.texts.map((text, i) => ({ text, count: this.counts[i] ?? 0, error: this.errors[i] ?? 0 }));
  }

  /** How often a value that has no counter may have come. */
  private missing(): number {
    return this.texts.length < this.countersMax ? 0 : (this.counts[this.lowest()] ?? 0);
  }

  private open({ text, count, error }: Hit): void {
    this.at.set(text, this.texts.push(text) - 1);
    this.counts.push(count);
    this.errors.push(error);
  }

  /** To a value that has none, and may have come as often as the one before. */
  private giveCounter(index: number, text: string): void {
    const count = this.counts[index] ?? 0;
    this.at.delete(this.texts[index] ?? '');
    this.at.set(text, index);
    this.texts[index] = text;
    this.errors[index] = count;
    this.counts[index] = count + 1;
  }

  private lowest(): number {
    const { counts } = this;
    let lowest = 0;
    for (let i = 1; i < counts.length; i += 1) if ((counts[i] ?? 0) < (counts[lowest] ?? 0)) lowest = i;
    return lowest;
  }
}

const byCount = (a: Hit, b: Hit): number => b.count - a.count || (a.text < b.text ? -1 : 1);
