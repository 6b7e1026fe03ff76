/** Milliseconds as a number, or a number with a unit: `'500 ms'`, `'30 s'`, `'5 min'`, `'2 h'`, `'1 d'`. */
export type Duration = number | string;

const UNIT_MS: { readonly [unit: string]: number } = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 };

/** @returns whole milliseconds, or NaN if `duration` is none: the definition is judged later, with its place. */
export function milliseconds(duration: Duration): number {
  if (typeof duration === 'number') return duration;
  const [, amount, unit] = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|min|h|d)\s*$/.exec(String(duration)) ?? [];
  if (amount === undefined || unit === undefined) return Number.NaN;
  return Number(amount) * (UNIT_MS[unit] ?? Number.NaN);
}
