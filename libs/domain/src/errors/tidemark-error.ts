import type { JobEvent, JobStatus } from '../job/job-lifecycle.js';
import { BUNDLE_ERRORS } from './bundle-errors.js';
import type { ErrorSpec } from './error-spec.js';
import { OFFSET_ERRORS } from './offset-errors.js';
import { RECORD_ERRORS } from './record-errors.js';
import { RECOVERY_ERRORS } from './recovery-errors.js';
import { STATE_ERRORS } from './state-errors.js';
import { TENANT_ERRORS } from './tenant-errors.js';
import { UPGRADE_ERRORS } from './upgrade-errors.js';

/** Every error that this product can report, one entry each. Codes are public API: never reuse or rename one. */
export const ERRORS = {
  ...BUNDLE_ERRORS,
  ...OFFSET_ERRORS,
  ...RECORD_ERRORS,
  ...RECOVERY_ERRORS,
  ...STATE_ERRORS,
  ...TENANT_ERRORS,
  ...UPGRADE_ERRORS,
  validation_failed: {
    kind: 'invalid',
    fault: 'user',
    retry: 'never',
    say: (p: { problems: readonly { field: string; problem: string }[] }) =>
      `The request is not valid: ${p.problems.map(({ field, problem }) => `${field} ${problem}`).join('; ')}.`,
  },
  key_unknown: {
    kind: 'unauthenticated',
    fault: 'user',
    retry: 'never',
    say: () => 'The API key is missing, unknown or revoked. Send it as "Authorization: Bearer <key>".',
  },
  thing_not_found: {
    kind: 'not_found',
    fault: 'user',
    retry: 'never',
    say: (p: { thing: string; id: string }) => `There is no ${p.thing} "${p.id}".`,
  },
  route_not_found: {
    kind: 'not_found',
    fault: 'user',
    retry: 'never',
    say: (p: { method: string; path: string }) => `There is no ${p.method} ${p.path}.`,
  },
  method_not_allowed: {
    kind: 'invalid',
    fault: 'user',
    retry: 'never',
    say: (p: { method: string; path: string; allowed: readonly string[] }) =>
      `${p.path} does not take ${p.method}; it takes ${p.allowed.join(', ')}.`,
  },
  too_many_at_once: {
    kind: 'exhausted',
    fault: 'user',
    retry: 'backoff',
    say: (p: { what: string; max: number }) => `At most ${p.max} ${p.what} are served at the same time. Retry shortly.`,
  },
  job_name_taken: {
    kind: 'conflict',
    fault: 'user',
    retry: 'never',
    say: (p: { name: string; jobId: string }) =>
      `A job named "${p.name}" exists already (${p.jobId}). Submit a new revision of it, or choose another name.`,
  },
  job_event_refused: {
    kind: 'conflict',
    fault: 'user',
    retry: 'never',
    say: (p: { jobId: string; status: JobStatus; event: JobEvent | 'delete' }) =>
      `Job ${p.jobId} is ${p.status}; it cannot accept "${p.event}".`,
  },
  job_changed_meanwhile: {
    kind: 'conflict',
    fault: 'user',
    retry: 'backoff',
    say: (p: { jobId: string }) =>
      `Job ${p.jobId} was changed by somebody else at the same time. Read it again and retry.`,
  },
  idempotency_key_in_use: {
    kind: 'conflict',
    fault: 'user',
    retry: 'backoff',
    say: (p: { key: string }) =>
      `A request with the Idempotency-Key "${p.key}" is still being worked on. Retry shortly.`,
  },
  idempotency_key_reused: {
    kind: 'conflict',
    fault: 'user',
    retry: 'never',
    say: (p: { key: string }) => `The Idempotency-Key "${p.key}" was used before with another request.`,
  },
  body_too_large: {
    kind: 'too_large',
    fault: 'user',
    retry: 'never',
    say: (p: { bytesMax: number }) => `The request body is larger than ${p.bytesMax} bytes.`,
  },
  graph_has_cycle: {
    kind: 'invalid',
    fault: 'user',
    retry: 'never',
    say: (p: { through: readonly string[]; at: string }) =>
      `The job's graph has a cycle: ${p.through.join(' → ')} (${p.at}).`,
  },
  graph_uid_twice: {
    kind: 'invalid',
    fault: 'user',
    retry: 'never',
    say: (p: { uid: string; at: string; firstAt: string }) =>
      `The uid "${p.uid}" is used twice: at ${p.firstAt} and at ${p.at}. State and offsets are bound to it, so it must be unique.`,
  },
  graph_uid_missing: {
    kind: 'invalid',
    fault: 'user',
    retry: 'never',
    say: (p: { kind: string; at: string }) =>
      `A ${p.kind} needs a uid: give it a name of its own as the first argument (${p.at}).`,
  },
  graph_invalid: {
    kind: 'invalid',
    fault: 'user',
    retry: 'never',
    say: (p: { reason: string; at: string }) => `The job's graph is not valid: ${p.reason} (${p.at}).`,
  },
  job_over_cpu: {
    kind: 'exhausted',
    fault: 'user',
    retry: 'never',
    say: (p: { limitMs: number; batchId: number }) =>
      `Batch ${p.batchId} ran for more than ${p.limitMs} ms of CPU deadline and was stopped.`,
  },
  job_over_memory: {
    kind: 'exhausted',
    fault: 'user',
    retry: 'never',
    say: (p: { limitMb: number; batchId: number }) =>
      `The job used more than its ${p.limitMb} MiB of memory in batch ${p.batchId} and was stopped.`,
  },
  job_output_too_large: {
    kind: 'exhausted',
    fault: 'user',
    retry: 'never',
    say: (p: { what: string; bytes: number; bytesMax: number }) =>
      `${p.what} is ${p.bytes} bytes; at most ${p.bytesMax} are allowed.`,
  },
  source_missing: {
    kind: 'invalid',
    fault: 'user',
    retry: 'never',
    say: (p: { source: string; what: string }) => `Source "${p.source}" cannot be read: ${p.what}.`,
  },
  source_unavailable: {
    kind: 'unavailable',
    fault: 'external',
    retry: 'backoff',
    say: (p: { source: string; reason: string }) => `Source "${p.source}" cannot be reached: ${p.reason}.`,
  },
  sink_unavailable: {
    kind: 'unavailable',
    fault: 'external',
    retry: 'backoff',
    say: (p: { sink: string; reason: string }) => `Sink "${p.sink}" did not accept the batch: ${p.reason}.`,
  },
  sink_refused: {
    kind: 'invalid',
    fault: 'user',
    retry: 'never',
    say: (p: { sink: string; reason: string }) => `Sink "${p.sink}" refused the batch: ${p.reason}.`,
  },
  connector_refused: {
    kind: 'invalid',
    fault: 'user',
    retry: 'never',
    say: (p: { uid: string; reason: string; at?: string }) =>
      `"${p.uid}": ${p.reason}${p.at === undefined ? '' : ` (${p.at})`}.`,
  },
  store_full: {
    kind: 'storage_full',
    fault: 'external',
    retry: 'backoff',
    say: (p: { path: string }) => `No space is left for ${p.path}. Nothing that was written before is affected.`,
  },
  object_missing: {
    kind: 'internal',
    fault: 'external',
    retry: 'never',
    say: (p: { path: string }) => `The object ${p.path} does not exist.`,
  },
  object_exists: {
    kind: 'conflict',
    fault: 'internal',
    retry: 'never',
    say: (p: { path: string }) => `The object ${p.path} exists already; objects are never overwritten.`,
  },
  object_path_refused: {
    kind: 'internal',
    fault: 'internal',
    retry: 'never',
    say: (p: { path: string; reason: string }) => `The object path "${p.path}" is not allowed: ${p.reason}.`,
  },
  batch_log_inconsistent: {
    kind: 'internal',
    fault: 'internal',
    retry: 'never',
    say: (p: { reason: string }) => `The batch log contradicts itself: ${p.reason}.`,
  },
  epoch_fenced: {
    kind: 'conflict',
    fault: 'internal',
    retry: 'never',
    say: (p: { jobId: string; epoch: number }) =>
      `Epoch ${p.epoch} of job ${p.jobId} is over: another run has claimed the job.`,
  },
  sandbox_unsafe: {
    kind: 'unavailable',
    fault: 'internal',
    retry: 'backoff',
    say: (p: { missing: readonly string[] }) =>
      `TIDEMARK_SANDBOX=required, and this machine's sandbox lacks: ${p.missing.join(', ')}.`,
  },
  sandbox_lost: {
    kind: 'internal',
    fault: 'internal',
    retry: 'backoff',
    say: (p: { reason: string }) => `The job's sandbox ended unexpectedly: ${p.reason}.`,
  },
  sandbox_spoke_nonsense: {
    kind: 'invalid',
    fault: 'user',
    retry: 'never',
    say: (p: { reason: string }) => `The job's sandbox broke the protocol and was stopped: ${p.reason}.`,
  },
  data_newer_than_build: {
    kind: 'unavailable',
    fault: 'user',
    retry: 'never',
    say: (p: { unknown: string }) =>
      `The database was written by a newer version of Tidemark (it has the migration "${p.unknown}"). Start that version again; nothing was changed.`,
  },
  postgres_not_started: {
    kind: 'unavailable',
    fault: 'external',
    retry: 'never',
    say: (p: { dataDir: string; reason: string }) =>
      `The embedded Postgres of ${p.dataDir} did not start: ${p.reason}.`,
  },
  postgres_data_other_version: {
    kind: 'unavailable',
    fault: 'user',
    retry: 'never',
    say: (p: { dataDir: string; found: string; supported: number }) =>
      `${p.dataDir} was written by Postgres ${p.found}, and this version of Tidemark runs Postgres ${p.supported}. Nothing was changed.`,
  },
  instance_running: {
    kind: 'conflict',
    fault: 'user',
    retry: 'never',
    say: (p: { home: string; pid: number }) =>
      `Tidemark runs already on ${p.home} (process ${p.pid}). Stop it first, or set TIDEMARK_HOME to another folder.`,
  },
  port_taken: {
    kind: 'unavailable',
    fault: 'user',
    retry: 'never',
    say: (p: { port: number }) =>
      `Port ${p.port} is taken by another program. Set TIDEMARK_PORT to another one, or to 0 for any free one.`,
  },
  home_newer_than_build: {
    kind: 'unavailable',
    fault: 'user',
    retry: 'never',
    say: (p: { home: string; found: number; newestKnown: number }) =>
      `${p.home} was written by a newer version of Tidemark (layout ${p.found}; this one reads up to ${p.newestKnown}). ` +
      'Start that version again; nothing was changed.',
  },
  service_not_started: {
    kind: 'unavailable',
    fault: 'internal',
    retry: 'never',
    say: (p: { service: string; reason: string; log: string }) =>
      `The ${p.service} did not start: ${p.reason}. Its log is ${p.log}.`,
  },
  not_built: {
    kind: 'invalid',
    fault: 'user',
    retry: 'never',
    say: (p: { what: string }) => `${p.what} is not supported by this version.`,
  },
  internal_fault: {
    kind: 'internal',
    fault: 'internal',
    retry: 'backoff',
    say: (p: { reference: string }) => `Something went wrong on our side. Reference: ${p.reference}.`,
  },
} as const satisfies Record<string, ErrorSpec>;

export type ErrorCode = keyof typeof ERRORS;
export type ErrorParams<C extends ErrorCode> = Parameters<(typeof ERRORS)[C]['say']>[0];

/** The one error class that crosses a library boundary. Kind, fault and retry follow from its code. */
export class TidemarkError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'TidemarkError';
  readonly code: C;
  readonly params: ErrorParams<C>;

  constructor(code: C, params: ErrorParams<C>, options?: { readonly cause?: unknown }) {
    super((ERRORS[code].say as (p: ErrorParams<C>) => string)(params), options);
    this.code = code;
    this.params = params;
  }

  get spec(): ErrorSpec {
    return ERRORS[this.code];
  }
}

/** True for any error of the catalogue, also one from another copy of this library. */
export function isTidemarkError(error: unknown): error is TidemarkError {
  return error instanceof Error && error.name === 'TidemarkError' && 'code' in error && String(error.code) in ERRORS;
}
