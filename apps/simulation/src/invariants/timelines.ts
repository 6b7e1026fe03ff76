import { offsetsAfter, type BatchPlan, type JobId, type PartitionOffsets, type SourceOffsets } from '@tidemark/domain';
import { SOURCE, type PassedOver } from '../job/records.js';
import type { Findings } from './invariants.js';

/** What is known of one timeline, kept apart from the rows that it is held against. */
export interface Timeline {
  /** Where it begins. */
  readonly base: SourceOffsets;
  readonly baseBatchId: number;
  /** The state of the job is the fold of the records from here on. */
  readonly stateFrom: PartitionOffsets;
  /** What its state is without, because plans before its first batch have passed over it. */
  readonly passedOver: readonly PassedOver[];
  readonly plans: Map<number, { readonly plan: BatchPlan; readonly after: SourceOffsets }>;
  plannedId: number;
  planned: SourceOffsets;
  committedId: number;
  committed: SourceOffsets;
  /** What the sink was given, by partition, and what plans have passed over until then. */
  readonly applied: Map<string, number>;
  /** The last batch whose plan is in that. */
  appliedId: number;
}

export type Beginning = Pick<Timeline, 'base' | 'baseBatchId' | 'stateFrom' | 'passedOver'>;

/** Where the first timeline of a job begins that is no fork. */
export const BEGINNING = { base: {}, baseBatchId: 0, stateFrom: {}, passedOver: [] } as const;

/** Those of all jobs. Each is opened before anything is on it: at the beginning, or where a start or a fork says. */
export class Timelines {
  private readonly all = new Map<string, Timeline>();

  constructor(private readonly findings: Findings) {}

  find(jobId: JobId, timeline: number): Timeline | undefined {
    return this.all.get(`${jobId}/${timeline}`);
  }

  /** One that nobody has opened is a finding, and begins at the beginning from then on. */
  get(jobId: JobId, timeline: number): Timeline {
    const found = this.find(jobId, timeline);
    if (found !== undefined) return found;
    this.findings.check('I3', false, () => `${jobId} is on timeline ${timeline}, which nobody has opened`);
    return this.open(jobId, timeline, BEGINNING);
  }

  open(jobId: JobId, timeline: number, begins: Beginning): Timeline {
    const { base, baseBatchId } = begins;
    const opened: Timeline = {
      ...begins,
      ...{ plans: new Map(), plannedId: baseBatchId, planned: base, committedId: baseBatchId, committed: base },
      applied: new Map(Object.entries(base[SOURCE] ?? {})),
      appliedId: baseBatchId,
    };
    this.all.set(`${jobId}/${timeline}`, opened);
    return opened;
  }
}

/** What the state after a batch is without. */
export function passedOverUpTo({ passedOver, plans }: Timeline, batchId: number): readonly PassedOver[] {
  const own = [...plans.values()].filter(({ plan }) => plan.batchId <= batchId).flatMap(({ plan }) => skippedBy(plan));
  return [...passedOver, ...own];
}

export const skippedBy = ({ skipped }: BatchPlan): readonly PassedOver[] =>
  Object.entries(skipped?.[SOURCE] ?? {}).map(([partition, { from, to }]) => ({ partition, from, to }));

/** Notes a new plan. */
export function follow(timeline: Timeline, plan: BatchPlan): void {
  const after = offsetsAfter(timeline.planned, plan);
  timeline.plans.set(plan.batchId, { plan, after });
  timeline.plannedId = plan.batchId;
  timeline.planned = after;
}

export const sameOffsets = (a: SourceOffsets, b: SourceOffsets): boolean => textOf(a) === textOf(b);

export const textOf = (offsets: SourceOffsets): string =>
  Object.entries(offsets[SOURCE] ?? {})
    .map(([partition, at]) => `${partition}=${at}`)
    .sort()
    .join(' ');
