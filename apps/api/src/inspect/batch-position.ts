import type { BatchRecord } from '@tidemark/domain';

/** Where a batch stands in a job's life: a later timeline comes after everything on an earlier one. */
export interface BatchPosition {
  readonly timeline: number;
  readonly batchId: number;
}

/** Before every batch. */
export const BEFORE_ALL: BatchPosition = { timeline: 0, batchId: 0 };

export const positionOf = ({ plan }: BatchRecord): BatchPosition => ({
  timeline: plan.timeline,
  batchId: plan.batchId,
});

export const isAfter = (position: BatchPosition, other: BatchPosition): boolean =>
  position.timeline === other.timeline ? position.batchId > other.batchId : position.timeline > other.timeline;
