export const QUEUE_KINDS = ['postgres', 'redis'] as const;
/** Where a queue is. */
export type QueueKind = (typeof QUEUE_KINDS)[number];
