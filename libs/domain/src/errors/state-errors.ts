import type { ErrorSpec } from './error-spec.js';

/** Of state and of checkpoints. */
export const STATE_ERRORS = {
  store_unavailable: {
    kind: 'unavailable',
    fault: 'external',
    retry: 'backoff',
    say: (p: { path: string }) =>
      `The object store does not have the code of the job (${p.path}), so it is empty, another one, or not mounted. The job goes on once the object is there.`,
  },
  checkpoint_unreadable: {
    kind: 'internal',
    fault: 'external',
    retry: 'never',
    say: (p: { path: string; reason: string }) => `The checkpoint ${p.path} cannot be read: ${p.reason}.`,
  },
  checkpoint_version_unknown: {
    kind: 'internal',
    fault: 'internal',
    retry: 'never',
    say: (p: { found: number; newestKnown: number }) =>
      `The checkpoint has format version ${p.found}; this runner reads up to ${p.newestKnown}.`,
  },
  checkpoint_pending: {
    kind: 'conflict',
    fault: 'user',
    retry: 'backoff',
    say: (p: { checkpointId: string }) =>
      `Checkpoint ${p.checkpointId} is still being written. Ask again when its status is "complete", or take an older one.`,
  },
  checkpoint_corrupt: {
    kind: 'conflict',
    fault: 'external',
    retry: 'never',
    say: (p: { checkpointId: string }) =>
      `Files of checkpoint ${p.checkpointId} are damaged or missing, so nothing of its state can be shown. Take another one; a restore passes it over too.`,
  },
  checkpoint_deleted: {
    kind: 'conflict',
    fault: 'user',
    retry: 'never',
    say: (p: { checkpointId: string }) =>
      `Checkpoint ${p.checkpointId} was deleted, and its state with it. Take one from the list of checkpoints that is "complete".`,
  },
  state_operator_unknown: {
    kind: 'not_found',
    fault: 'user',
    retry: 'never',
    say: (p: { checkpointId: string; operator: string; operators: readonly string[] }) =>
      `Checkpoint ${p.checkpointId} has no state of an operator "${p.operator}". ` +
      (p.operators.length === 0
        ? 'It has no state at all.'
        : `It has state of ${p.operators.map((uid) => `"${uid}"`).join(', ')}.`),
  },
  state_key_not_found: {
    kind: 'not_found',
    fault: 'user',
    retry: 'never',
    say: (p: { checkpointId: string; operator: string; key: string }) =>
      `"${p.operator}" has no state for the key ${p.key} in checkpoint ${p.checkpointId}. List its state without a key to see which keys there are.`,
  },
  state_key_invalid: {
    kind: 'invalid',
    fault: 'user',
    retry: 'never',
    say: (p: { key: string; reason: string }) =>
      `${p.key} is no key: ${p.reason}. Send a string, a number or a boolean as JSON, or a text that stands for itself.`,
  },
  state_too_large_to_show: {
    kind: 'exhausted',
    fault: 'user',
    retry: 'never',
    say: (p: { operator: string; bytes: number; bytesMax: number }) =>
      `To answer this, ${p.bytes} bytes of state of "${p.operator}" would have to be read, and one request reads at most ${p.bytesMax}. ` +
      'Ask for a page of differences of one operator instead of all counts, or read the files with what docs/formats says of them.',
  },
  state_not_json: {
    kind: 'invalid',
    fault: 'user',
    retry: 'never',
    say: (p: { operator: string; key: string; path: string; found: string }) =>
      `State of "${p.operator}" for key ${p.key} holds ${p.found} at ${p.path}; state must be plain JSON.`,
  },
  state_over_bound: {
    kind: 'exhausted',
    fault: 'user',
    retry: 'never',
    say: (p: { operator: string; bound: string; key: string }) =>
      `State of "${p.operator}" passes its ${p.bound}, at key ${p.key}.`,
  },
} as const satisfies Record<string, ErrorSpec>;
