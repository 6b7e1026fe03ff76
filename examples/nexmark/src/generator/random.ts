/**
 * Pseudo-random numbers for one event: mulberry32 over a state that is mixed from the seed and the event's number. Only
 * 32-bit integer arithmetic, multiplication and square roots are used, all of which have one exact result on every
 * machine; `Math.pow` and `Math.exp` have not.
 */
export class Random {
  private state: number;

  constructor(
    private readonly seed: number,
    stream: number,
  ) {
    this.state = mixed(seed, stream);
  }

  /** Begins the numbers of another event. */
  restart(stream: number): void {
    this.state = mixed(this.seed, stream);
  }

  /** 0 to 2^32 - 1. */
  uint32(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let bits = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return (bits ^ (bits >>> 14)) >>> 0;
  }

  /** 0 to `bound` - 1. */
  below(bound: number): number {
    return Math.floor((this.uint32() / 2 ** 32) * bound);
  }

  oneOf<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.below(choices.length)] ?? choices[0];
  }

  /** Cents: 100 to 10^8, with an evenly distributed logarithm. */
  price(): number {
    const exponent = this.uint32();
    let price = 100;
    for (let bit = 0; bit < PRICE_FACTORS.length; bit += 1) {
      if ((exponent & (1 << bit)) !== 0) price *= PRICE_FACTORS[bit] ?? 1;
    }
    return Math.round(price);
  }

  /** Letters and, one time in thirteen, `special`; 3 to `lengthMax` - 1 of them. */
  words(lengthMax: number, special: string): string {
    const length = SHORTEST_WORDS + this.below(lengthMax - SHORTEST_WORDS);
    let text = '';
    for (let index = 0; index < length; index += 1) text += this.below(13) === 0 ? special : this.letter();
    return text.trim();
  }

  letter(): string {
    return String.fromCharCode(LETTER_A + this.below(26));
  }
}

const SHORTEST_WORDS = 3;
const LETTER_A = 'a'.charCodeAt(0);

/** 10^(6/2), 10^(6/4), 10^(6/8) …: the product of those whose bit is set is 10^(6u) for u of that many binary digits. */
const PRICE_FACTORS = Array.from({ length: 24 }).reduce<number[]>(
  (factors) => [...factors, Math.sqrt(factors.at(-1) ?? 1_000_000)],
  [],
);

/** The seed and all 53 bits of the stream's number, spread over 32 bits (the finalizer of MurmurHash3, three times). */
function mixed(seed: number, stream: number): number {
  const high = Math.floor(stream / 2 ** 32);
  return finalized(finalized(finalized(seed | 0) ^ (stream | 0)) ^ high);
}

function finalized(value: number): number {
  let bits = value ^ (value >>> 16);
  bits = Math.imul(bits, 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) | 0;
}
