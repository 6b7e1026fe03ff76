import type { LogEntry, Point, StoredCheckpoint } from '../history.js';
import type { InputRecord, Inputs, Side } from '../inputs.js';

/** A record is ten bytes long here, whatever is in it. */
export const BYTES = 10;

export const inputs: Inputs = {
  recordsIn: (side, partition, { from, to }) =>
    from % BYTES !== 0 || to % BYTES !== 0
      ? undefined
      : Array.from({ length: (to - from) / BYTES }, (_, index) => aRecord(side, partition, from / BYTES + index + 1)),
};

const aRecord = (side: Side, partition: string, number: number): InputRecord => ({
  ...{ side, partition, number, value: number * 7, timeMs: number * 2_000 },
  key: `${partition}${number % 2}`,
});

export const written = ({ timeline, batchId }: Point, epoch: number) => ({
  ...{ timeline, batchId, epoch },
  job: { epoch, timeline },
});

/** A checkpoint that turned complete. */
export const aCheckpoint = (point: Point, { id = 'c1', form = 1, paths = [id] }: Partial<StoredCheckpoint> = {}) =>
  ({ kind: 'checkpoint', id, form, paths, ...written(point, 1) }) as const;

/** Plan and commit of a batch that reads the records of partition `a` from one to before another. */
export const aBatch = (
  timeline: number,
  batchId: number,
  [from, to]: readonly [number, number],
  epoch = 1,
): LogEntry[] => [
  {
    kind: 'plan',
    isWanted: true,
    ranges: { left: { a: { from: from * BYTES, to: to * BYTES } } },
    ...written({ timeline, batchId }, epoch),
  },
  { kind: 'commit', ...written({ timeline, batchId }, epoch) },
];
