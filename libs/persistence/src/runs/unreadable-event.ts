import type { CheckpointId, NewEvent } from '@tidemark/domain';

/** Told once: a run that was about to restore a checkpoint may find it damaged just when it is read back as well. */
export const unreadableEvent = (checkpointId: CheckpointId, reason: string): NewEvent => ({
  type: 'checkpoint.unreadable',
  data: { checkpointId, reason },
  dedupKey: `unreadable/${checkpointId}`,
});
