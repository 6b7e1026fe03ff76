/** A complete checkpoint of the timeline, as far as it matters where batches can be run again from. */
export interface BaseCandidate {
  readonly id: string;
  readonly batchId: number;
}

export interface Recorded {
  /** Complete checkpoints of one timeline that can be taken over, newest first. */
  readonly checkpoints: readonly BaseCandidate[];
  /** Committed batches of that timeline, newest first. */
  readonly batches: readonly number[];
  /** Whether the timeline began with nothing: its first batch found no state. */
  readonly beganEmpty: boolean;
}

/** From what batches are run again, and which: those that follow it directly. */
export interface Base {
  /** Undefined: from nothing, before the timeline's first batch. */
  readonly checkpoint: BaseCandidate | undefined;
  /** Oldest first; none if there are none. */
  readonly batches: readonly number[];
}

/**
 * The newest checkpoint that has `wanted` recorded batches after it, and the first so many of these; with none, the one that
 * has the most. Where no checkpoint has any, the beginning of the timeline, if the batches are kept from there on. Undefined
 * if nothing can be run.
 */
export function chooseBase({ checkpoints, batches, beganEmpty }: Recorded, wanted: number): Base | undefined {
  const kept = unbroken(batches);
  const oldest = kept[0] ?? 0;
  const last = kept.at(-1) ?? -1;
  const usable = checkpoints.filter(({ batchId }) => batchId >= oldest - 1 && batchId < last);
  const chosen = usable.find(({ batchId }) => last - batchId >= wanted) ?? usable.at(-1);
  if (chosen === undefined && !(beganEmpty && oldest === 1)) return undefined;
  const after = chosen?.batchId ?? 0;
  return { checkpoint: chosen, batches: kept.filter((batchId) => batchId > after).slice(0, wanted) };
}

/** The newest checkpoint before a batch, and the batches from there up to it. Undefined if it cannot be reached. */
export function chooseBaseBefore({ checkpoints, batches, beganEmpty }: Recorded, batchId: number): Base | undefined {
  const kept = unbroken(batches.filter((each) => each <= batchId));
  if (kept.at(-1) !== batchId) return undefined;
  const chosen = checkpoints.find((checkpoint) => checkpoint.batchId < batchId);
  const after = chosen?.batchId ?? 0;
  if (chosen === undefined && !beganEmpty) return undefined;
  if ((kept[0] ?? 0) > after + 1) return undefined;
  return { checkpoint: chosen, batches: kept.filter((each) => each > after) };
}

/** The newest batches without a gap, oldest first. */
function unbroken(newestFirst: readonly number[]): readonly number[] {
  const gap = newestFirst.findIndex((batchId, index) => index > 0 && newestFirst[index - 1] !== batchId + 1);
  return newestFirst.slice(0, gap === -1 ? undefined : gap).toReversed();
}
