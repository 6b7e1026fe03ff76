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

/**
 * As {@link chooseBase}, where some of what is run shall be `filled`: if nothing of that is, the newest checkpoint that has
 * such a batch among the first `wanted` after it, or else further on, with everything up to it. Undefined if none has one.
 */
export function chooseFilledBase(recorded: Recorded, wanted: number, filled: ReadonlySet<number>): Base | undefined {
  const isFilled = (batchId: number): boolean => filled.has(batchId);
  const usual = chooseBase(recorded, wanted);
  if (usual?.batches.some(isFilled) === true) return usual;
  const kept = unbroken(recorded.batches);
  const oldest = kept[0] ?? 0;
  const starts: readonly (BaseCandidate | undefined)[] = [
    ...recorded.checkpoints.filter(({ batchId }) => batchId >= oldest - 1),
    ...(recorded.beganEmpty && oldest === 1 ? [undefined] : []),
  ];
  const bases = starts.map((checkpoint) => ({
    checkpoint,
    batches: kept.slice((checkpoint?.batchId ?? 0) + 1 - oldest),
  }));
  const near = bases.find(({ batches }) => batches.slice(0, wanted).some(isFilled));
  if (near !== undefined) return { ...near, batches: near.batches.slice(0, wanted) };
  const far = bases.find(({ batches }) => batches.some(isFilled));
  return far && { ...far, batches: far.batches.slice(0, far.batches.findIndex(isFilled) + 1) };
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
