/** The middle one; of an even number of them, the lower of the two. */
export const median = (values) => quantile(values, 0.5);

/** The least value that is not below the fraction `q` of all (nearest rank). */
export function quantile(values, q) {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)];
}
