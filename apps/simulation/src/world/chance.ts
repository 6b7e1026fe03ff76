import { seededNumbers, UINT32 } from '@tidemark/domain';

/** Chance that is the same for the same seed. */
export class Chance {
  private readonly uint32: () => number;

  constructor(readonly seed: number) {
    // Neighbouring seeds begin far apart.
    this.uint32 = seededNumbers(Math.imul(seed ^ 0x9e37_79b9, 0x85eb_ca6b));
    this.next();
  }

  /** Uniform in [0, 1). */
  next(): number {
    return this.uint32() / UINT32;
  }

  /** A whole number from 0 up to `below`. */
  below(below: number): number {
    return Math.floor(this.next() * below);
  }

  happens(probability: number): boolean {
    return this.next() < probability;
  }

  /** Undefined where there is nothing to choose from. */
  of<T>(items: readonly T[]): T | undefined {
    return items[this.below(items.length)];
  }

  weighted<T extends { readonly weight: number }>(items: readonly T[]): T | undefined {
    let left = this.next() * items.reduce((sum, { weight }) => sum + weight, 0);
    return items.find(({ weight }) => (left -= weight) < 0);
  }
}
