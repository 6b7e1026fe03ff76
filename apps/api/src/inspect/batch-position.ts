import type { BatchPosition, BatchRecord } from '@tidemark/domain';

/** Before every batch. */
export const BEFORE_ALL: BatchPosition = { timeline: 0, batchId: 0 };

export const positionOf = ({ plan }: BatchRecord): BatchPosition => ({
  timeline: plan.timeline,
  batchId: plan.batchId,
});

export const isAfter = (position: BatchPosition, other: BatchPosition): boolean =>
  position.timeline === other.timeline ? position.batchId > other.batchId : position.timeline > other.timeline;
