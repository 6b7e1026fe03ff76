import { ERRORS, JOB_STATUSES, START_TRIGGERS, type ErrorCode } from '@tidemark/domain';

const ERROR_CODES = Object.keys(ERRORS) as readonly ErrorCode[];

/**
 * Every attribute that a metric of ours can have. Each has a set of values that is closed before a process starts, so that
 * the number of time series is bounded, and nothing of a tenant's, not even an id, can be in one.
 */
export const METRIC_ATTRIBUTES = {
  checkpointKind: { name: 'tidemark.checkpoint.kind', values: ['full', 'delta'] },
  /** Who has found that a checkpoint cannot be read. */
  foundBy: { name: 'tidemark.checkpoint.found_by', values: ['restore', 'verification', 'sweep'] },
  /** Why a record that was read did not count. */
  dropReason: { name: 'tidemark.record.drop_reason', values: ['skipped', 'dead_lettered', 'late'] },
  trigger: { name: 'tidemark.run.trigger', values: START_TRIGGERS },
  /** From what a run starts; `held`: from nothing, because what is left may not be restored without a word of the owner. */
  startFrom: {
    name: 'tidemark.run.start_from',
    values: ['beginning', 'checkpoint', 'replay_from_beginning', 'offsets_only', 'held'],
  },
  /** How a run ended; from `fenced` on: the job was taken from it. */
  runEnd: {
    name: 'tidemark.run.end',
    values: [
      ...['drained', 'finished', 'cancelled', 'failed', 'back_off', 'run_again', 'unhealthy', 'ask'],
      ...['fenced', 'lease_lost', 'state_regressed'],
    ] as const,
  },
  jobStatus: { name: 'tidemark.job.status', values: JOB_STATUSES },
  /** An error's code; docs/generated/errors.md has them all. */
  errorType: { name: 'error.type', values: ERROR_CODES },
  method: {
    name: 'http.request.method',
    values: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', '_OTHER'],
  },
  /** The template of the route, as the code has it: the API has only so many. */
  route: { name: 'http.route', isTemplate: true },
  status: { name: 'http.response.status_code', from: 100, to: 599 },
  scheme: { name: 'url.scheme', values: ['http'] },
} as const satisfies { readonly [name: string]: AttributeSpec };

type AttributeSpec =
  | { readonly name: string; readonly values: readonly string[] }
  | { readonly name: string; readonly from: number; readonly to: number }
  | { readonly name: string; readonly isTemplate: true };

export type MetricAttribute = keyof typeof METRIC_ATTRIBUTES;

type ValueOf<A extends MetricAttribute> = (typeof METRIC_ATTRIBUTES)[A] extends {
  readonly values: readonly (infer V)[];
}
  ? V
  : (typeof METRIC_ATTRIBUTES)[A] extends { readonly from: number }
    ? number
    : string;

export interface MetricSpec {
  /** Public: dashboards and alarms are built on it. */
  readonly name: `tidemark.${string}` | 'http.server.request.duration';
  readonly kind: 'counter' | 'histogram' | 'gauge';
  /** In UCUM. */
  readonly unit: string;
  readonly of: 'api' | 'scheduler' | 'runner' | 'runner and scheduler';
  readonly says: string;
  readonly attributes: readonly MetricAttribute[];
  /** Upper bounds of a histogram's buckets, in its unit. */
  readonly bounds?: readonly number[];
}

/** Those of HTTP servers by OpenTelemetry's conventions. */
const REQUEST_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] as const;
/** From a batch of a few records to one that is far behind its interval. */
const WORK_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] as const;
/** How late a batch may be: after downtime, by hours. */
const DELAY_BOUNDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200] as const;
const KIB = 1024;
const SIZE_BOUNDS = [1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576].map((kib) => kib * KIB);

/** Every metric that Tidemark has, in one table: docs/generated/metrics.md is made of it. Names are never reused. */
export const METRICS = {
  batchesCommitted: {
    ...{ name: 'tidemark.batch.committed', kind: 'counter', unit: '{batch}', of: 'runner', attributes: [] },
    says: 'Batches committed.',
  },
  batchDuration: {
    ...{ name: 'tidemark.batch.duration', kind: 'histogram', unit: 's', of: 'runner', attributes: [] },
    says: 'From the beginning of a committed batch to the sinks having its output.',
    bounds: WORK_BOUNDS,
  },
  batchDelay: {
    ...{ name: 'tidemark.batch.delay', kind: 'histogram', unit: 's', of: 'runner', attributes: [] },
    says: 'How long after its batch time a committed batch began: it grows where jobs cannot keep up.',
    bounds: DELAY_BOUNDS,
  },
  recordsRead: {
    ...{ name: 'tidemark.record.read', kind: 'counter', unit: '{record}', of: 'runner', attributes: [] },
    says: 'Records that committed batches have read from sources; one that is re-driven counts again.',
  },
  recordsWritten: {
    ...{ name: 'tidemark.record.written', kind: 'counter', unit: '{record}', of: 'runner', attributes: [] },
    says: 'Rows that committed batches have given to sinks.',
  },
  recordsDropped: {
    ...{ name: 'tidemark.record.dropped', kind: 'counter', unit: '{record}', of: 'runner' },
    says: 'Records that did not count: skipped or set aside as dead letters by the poison policy, or too late for an operator (for each operator that says so).',
    attributes: ['dropReason'],
  },
  checkpointsCompleted: {
    ...{ name: 'tidemark.checkpoint.completed', kind: 'counter', unit: '{checkpoint}', of: 'runner' },
    says: 'Checkpoints that were written whole and can be restored.',
    attributes: ['checkpointKind'],
  },
  checkpointsFailed: {
    ...{ name: 'tidemark.checkpoint.failed', kind: 'counter', unit: '{checkpoint}', of: 'runner' },
    says: 'Checkpoints that could not be written; five in a row end the run.',
    attributes: ['errorType'],
  },
  checkpointsUnreadable: {
    name: 'tidemark.checkpoint.unreadable',
    ...{ kind: 'counter', unit: '{checkpoint}', of: 'runner and scheduler' },
    says: 'Complete checkpoints that were found missing or damaged, and are never restored again. Each is one too many.',
    attributes: ['foundBy'],
  },
  checkpointDuration: {
    ...{ name: 'tidemark.checkpoint.duration', kind: 'histogram', unit: 's', of: 'runner' },
    says: 'From the frozen state to a checkpoint that can be restored, in the background of batches.',
    attributes: ['checkpointKind'],
    bounds: WORK_BOUNDS,
  },
  checkpointSize: {
    ...{ name: 'tidemark.checkpoint.size', kind: 'histogram', unit: 'By', of: 'runner' },
    says: 'Bytes that were written for a completed checkpoint, compressed, with its manifest.',
    attributes: ['checkpointKind'],
    bounds: SIZE_BOUNDS,
  },
  runsClaimed: {
    ...{ name: 'tidemark.run.claimed', kind: 'counter', unit: '{run}', of: 'runner' },
    says: 'Runs that a runner has taken, by why they start and from what.',
    attributes: ['trigger', 'startFrom'],
  },
  restoreDuration: {
    ...{ name: 'tidemark.run.restore.duration', kind: 'histogram', unit: 's', of: 'runner', attributes: [] },
    says: 'From an opened job to its state being restored, and batches of before having run again. Reading the checkpoint has begun before.',
    bounds: WORK_BOUNDS,
  },
  runsEnded: {
    ...{ name: 'tidemark.run.ended', kind: 'counter', unit: '{run}', of: 'runner' },
    says: 'Runs that ended on a living runner: `back_off` and `failed` with the code of the error, `fenced` where the job was taken from it.',
    attributes: ['runEnd', 'errorType'],
  },
  jobsOwned: {
    ...{ name: 'tidemark.runner.job.count', kind: 'gauge', unit: '{job}', of: 'runner', attributes: [] },
    says: 'Jobs that the runner has now.',
  },
  runsScheduled: {
    ...{ name: 'tidemark.run.scheduled', kind: 'counter', unit: '{run}', of: 'scheduler' },
    says: 'Starts that were decided; `crash` and `retry` are restarts.',
    attributes: ['trigger'],
  },
  runsLost: {
    ...{ name: 'tidemark.run.lost', kind: 'counter', unit: '{run}', of: 'scheduler' },
    says: 'Runs whose runner was gone or silent for a lease, by what became of the job: `backing_off` and `failed` in a crash loop.',
    attributes: ['jobStatus'],
  },
  jobs: {
    ...{ name: 'tidemark.job.count', kind: 'gauge', unit: '{job}', of: 'scheduler' },
    says: 'Jobs by status, to be summed over the schedulers: the one that leads counts them, the others say 0. `scheduled` wait for a runner, `backing_off` for their next try.',
    attributes: ['jobStatus'],
  },
  requestDuration: {
    ...{ name: 'http.server.request.duration', kind: 'histogram', unit: 's', of: 'api' },
    says: 'Requests answered, but for event streams, by the template of their route. Without a route: there is none of that path.',
    attributes: ['method', 'route', 'status', 'scheme'],
    bounds: REQUEST_BOUNDS,
  },
} as const satisfies { readonly [name: string]: MetricSpec };

/** The metrics of one kind. */
export type MetricOf<K extends MetricSpec['kind']> = Extract<
  (typeof METRICS)[keyof typeof METRICS],
  { readonly kind: K }
>;

/** What a value of a metric may carry. An error's code is there where there was an error. */
export type AttributesOf<M extends MetricSpec> = {
  readonly [A in Exclude<M['attributes'][number], 'errorType' | 'route'>]: ValueOf<A>;
} & { readonly [A in Extract<M['attributes'][number], 'errorType' | 'route'>]?: ValueOf<A> | undefined };

const OTHER = '_OTHER';
const CLOSED = new Map(
  Object.entries(METRIC_ATTRIBUTES).map(([key, spec]) => [
    key,
    'values' in spec ? new Set<string>(spec.values) : undefined,
  ]),
);
/** Longer than any route of ours: what is longer came from outside. */
const TEMPLATE_MAX = 120;

/**
 * A value as it may leave the process: whatever its type let through, one that is not of the attribute's set is `_OTHER`, or
 * 0 for a number.
 */
export function admitted(attribute: MetricAttribute, value: string | number): string | number {
  const spec: AttributeSpec = METRIC_ATTRIBUTES[attribute];
  if ('from' in spec) {
    return typeof value === 'number' && Number.isInteger(value) && value >= spec.from && value <= spec.to ? value : 0;
  }
  if (typeof value !== 'string') return OTHER;
  if ('isTemplate' in spec) return value.startsWith('/') && value.length <= TEMPLATE_MAX ? value : OTHER;
  return CLOSED.get(attribute)?.has(value) === true ? value : OTHER;
}
