/**
 * Whole numbers from 0 up to 2^32 - 1, the same for the same seed on every machine (mulberry32). For chance that has to come
 * again: that of a simulation, or of a test's inputs.
 *
 * @param seed any whole number; its lowest 32 bits count
 */
export function seededNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

export const UINT32 = 2 ** 32;
