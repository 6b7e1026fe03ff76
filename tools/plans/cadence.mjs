// How a job kept to its schedule: batch ids and ranges without a gap, and how late each batch was.

/**
 * A batch is due one interval after the batch time of the one before, also where ticks were left out in between.
 *
 * @param {readonly import('@tidemark/sdk').Batch[]} batches in order; the first one only says from where
 * @param {number} intervalMs
 * @returns {{ gaps: string[], delaysMs: number[] }} `gaps`: a sentence each. `delaysMs`: of each batch but the first, from
 *   when it was due until it was committed
 */
export function cadenceOf(batches, intervalMs) {
  const gaps = [];
  const delaysMs = [];
  for (const [index, batch] of batches.entries()) {
    const before = batches[index - 1];
    if (before === undefined) continue;
    if (batch.timeline !== before.timeline || batch.batchId !== before.batchId + 1) {
      gaps.push(`batch ${before.batchId} is followed by batch ${batch.batchId}`);
    }
    if (batch.commit === null) {
      gaps.push(`batch ${batch.batchId} was not committed`);
      continue;
    }
    gaps.push(...untiled(before, batch));
    delaysMs.push(Date.parse(batch.commit.committedAt) - (Date.parse(before.batchTime) + intervalMs));
  }
  return { gaps, delaysMs };
}

/** Partitions that a batch does not begin to read where the one before it ended. */
function untiled({ commit }, { batchId, ranges }) {
  return Object.entries(ranges).flatMap(([source, partitions]) =>
    Object.entries(partitions).flatMap(([partition, { from }]) => {
      const reached = commit?.nextOffsets[source]?.[partition] ?? 0;
      return from === reached
        ? []
        : [`batch ${batchId} reads ${source}/${partition} from ${from}, not from ${reached}`];
    }),
  );
}

/** The least value that is not below the fraction `q` of all (nearest rank). */
export function quantile(values, q) {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? 0;
}
