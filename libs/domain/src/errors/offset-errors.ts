import type { JobStatus } from '../job/job-lifecycle.js';
import type { ErrorSpec } from './error-spec.js';

/** Of places in sources, and of where a start begins. */
export const OFFSET_ERRORS = {
  offsets_expired: {
    kind: 'conflict',
    fault: 'user',
    retry: 'never',
    say: (p: { source: string; partition: string; from: number; to: number; reason: string }) =>
      `Source "${p.source}" no longer holds ${p.partition} from ${p.from} to ${p.to}: ${p.reason}.`,
  },
  partition_replaced: {
    kind: 'conflict',
    fault: 'user',
    retry: 'never',
    say: (p: { source: string; partition: string; offset: number; reason: string }) =>
      `Source "${p.source}": ${p.partition} is not what was read up to ${p.offset}: ${p.reason}. Nothing was read from it. ` +
      'Put the old one back, or set or reset its offset ("tidemark offsets set" or "reset").',
  },
  partition_renamed: {
    kind: 'conflict',
    fault: 'user',
    retry: 'never',
    say: (p: { source: string; partition: string; before: string; offset: number }) =>
      `Source "${p.source}": ${p.partition} is what was read as ${p.before} up to ${p.offset}. Nothing was read from it again. ` +
      'Give it its name back, or set its offset ("tidemark offsets set"), to 0 if it shall be read again.',
  },
  source_unknown: {
    kind: 'invalid',
    fault: 'user',
    retry: 'never',
    say: (p: { source: string; sources: readonly string[] }) =>
      `The job has no source "${p.source}"; it has ${p.sources.map((uid) => `"${uid}"`).join(', ')}. Name one of these.`,
  },
  partition_unknown: {
    kind: 'invalid',
    fault: 'user',
    retry: 'never',
    say: (p: { source: string; partition: string }) =>
      `Source "${p.source}" has no partition "${p.partition}". "tidemark offsets get" lists those that there are.`,
  },
  offset_not_whole: {
    kind: 'invalid',
    fault: 'user',
    retry: 'never',
    say: (p: { source: string; partition: string; offset: unknown }) =>
      `Source "${p.source}", ${p.partition}: ${JSON.stringify(p.offset)} is no offset. Give a whole number that is not negative.`,
  },
  offset_out_of_range: {
    kind: 'invalid',
    fault: 'user',
    retry: 'never',
    say: (p: { source: string; partition: string; offset: number; earliest: number; latest: number }) =>
      `Source "${p.source}" holds ${p.partition} from ${p.earliest} to ${p.latest}; ${p.offset} lies outside. Give an offset in that range.`,
  },
  offset_inside_record: {
    kind: 'invalid',
    fault: 'user',
    retry: 'never',
    say: (p: { source: string; partition: string; offset: number; before: number; after: number }) =>
      `Source "${p.source}", ${p.partition}: ${p.offset} is in the middle of a line. Take ${p.before}, where it begins, or ${p.after}, where the next one does.`,
  },
  offsets_not_settable: {
    kind: 'invalid',
    fault: 'user',
    retry: 'never',
    say: (p: { source: string; reason: string }) =>
      `The offsets of source "${p.source}" cannot be set: ${p.reason}. Leave this source out.`,
  },
  offsets_in_use: {
    kind: 'conflict',
    fault: 'user',
    retry: 'never',
    say: (p: { jobId: string; status: JobStatus }) =>
      `Job ${p.jobId} is ${p.status}; its offsets can be changed only while it is at rest. Stop it first ("tidemark stop --wait").`,
  },
  state_not_at_last_commit: {
    kind: 'conflict',
    fault: 'user',
    retry: 'never',
    say: (p: { jobId: string; checkpointBatchId?: number; lastBatchId: number }) =>
      `Job ${p.jobId} has committed batch ${p.lastBatchId} and ` +
      `${p.checkpointBatchId === undefined ? 'has no complete checkpoint' : `its newest complete checkpoint is of batch ${p.checkpointBatchId}`}, ` +
      'so its state cannot go on from other offsets. Start it and stop it again, which writes a checkpoint. ' +
      `If it cannot run because a source no longer holds what it has read, ${p.checkpointBatchId === undefined ? '' : 'roll it back to that checkpoint ("tidemark rollback") and change the offsets then, or '}` +
      'give the state up with "state": "empty".',
  },
  start_mode_unsupported: {
    kind: 'invalid',
    fault: 'user',
    retry: 'never',
    say: (p: { source: string; mode: string; reason: string }) =>
      `Source "${p.source}" cannot start from "${p.mode}": ${p.reason}. Choose another start, or set the offsets of the stopped job.`,
  },
  start_mode_refused: {
    kind: 'conflict',
    fault: 'user',
    retry: 'never',
    say: (p: { jobId: string; status: JobStatus; mode: string }) =>
      `Job ${p.jobId} is ${p.status}; only a job at rest can be started from "${p.mode}". Stop it first ("tidemark stop --wait").`,
  },
  checkpoint_not_restorable: {
    kind: 'conflict',
    fault: 'user',
    retry: 'never',
    say: (p: { checkpointId: string; status: string }) =>
      `Checkpoint ${p.checkpointId} is ${p.status}; only a complete one can be restored. ` +
      '"GET /v1/jobs/{id}/checkpoints" lists those that there are.',
  },
  source_out_of_reach: {
    kind: 'unavailable',
    fault: 'external',
    retry: 'never',
    say: (p: { source: string; setting: string }) =>
      `Source "${p.source}" cannot be looked at by this API: ${p.setting} is not set for it. Ask the operator of the service to set it.`,
  },
  batch_input_too_large: {
    kind: 'exhausted',
    fault: 'user',
    retry: 'never',
    say: (p: { batch: string; bytes: number; bytesMax: number }) =>
      `The input of batch ${p.batch} has ${p.bytes} bytes, and at most ${p.bytesMax} are sent. Take another batch, or run the job's test harness on a part of it.`,
  },
} as const satisfies Record<string, ErrorSpec>;
