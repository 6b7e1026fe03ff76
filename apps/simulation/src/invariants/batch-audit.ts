import type { BatchPlan, Fence, JobId } from '@tidemark/domain';
import type { SinkWrite } from '@tidemark/engine';
import type { BatchRow, JobRow } from '../database/tables.js';
import type { Output } from '../job/ends.js';
import { SOURCE, totalsOf, type PassedOver, type Row } from '../job/records.js';
import type { Findings } from './invariants.js';
import { owned } from './owned.js';
import { follow, passedOverUpTo, sameOffsets, skippedBy, textOf, type Timeline, type Timelines } from './timelines.js';

/** I1 to I5, I7, I11 and I14: plans, commits and what sinks are given. */
export class BatchAudit {
  constructor(
    private readonly findings: Findings,
    private readonly timelines: Timelines,
    private readonly output: Output,
  ) {}

  planned(job: JobRow, fence: Fence, { plan }: BatchRow, before: BatchPlan | undefined): void {
    const timeline = this.timelines.get(job.id, plan.timeline);
    const name = `the plan of ${nameOf(job, plan)}`;
    owned(this.findings, job, fence, name);
    const isSame = before === undefined || textOfPlan(before) === textOfPlan(plan);
    this.findings.check('I2', isSame, () => `${name} was changed`);
    if (before !== undefined) return;
    const isWanted = job.desired === 'running' && job.startMode === null;
    this.findings.check('I11', isWanted, () => `${name} was made after an order to stop`);
    this.findings.check('I3', plan.batchId === timeline.plannedId + 1, () => `${name} follows ${timeline.plannedId}`);
    const reached = new Map(Object.entries(timeline.planned[SOURCE] ?? {}));
    for (const { partition, from, to } of [...skippedBy(plan), ...readBy(plan)]) {
      const is = reached.get(partition) ?? 0;
      this.findings.check('I3', from === is && to >= from, () => `${name} takes ${partition} from ${from}, not ${is}`);
      reached.set(partition, to);
    }
    follow(timeline, plan);
  }

  committed(job: JobRow, fence: Fence, { plan, nextOffsets }: BatchRow): void {
    const timeline = this.timelines.get(job.id, plan.timeline);
    const name = `the commit of ${nameOf(job, plan)}`;
    owned(this.findings, job, fence, name);
    this.findings.check('I10', plan.timeline === job.timeline, () => `${name} is on a timeline that was left`);
    const after = timeline.plans.get(plan.batchId)?.after ?? {};
    const offsets = nextOffsets ?? {};
    const isNext = plan.batchId === timeline.committedId + 1;
    this.findings.check('I4', isNext && !goesBack(timeline, offsets), () => `${name} follows ${timeline.committedId}`);
    const said = (): string => `${name} says ${textOf(offsets)}, its plans ${textOf(after)}`;
    this.findings.check('I3', sameOffsets(offsets, after), said);
    const isEmpty = Object.keys(plan.ranges[SOURCE] ?? {}).length === 0;
    const isHeld = isEmpty || this.output.holds(job.id, plan.timeline, plan.batchId);
    this.findings.check('I5', isHeld, () => `${name} came before the sink had it`);
    timeline.committedId = plan.batchId;
    timeline.committed = offsets;
  }

  written(jobId: JobId, write: SinkWrite, row: Row): void {
    const timeline = this.timelines.get(jobId, write.timeline);
    const name = `batch ${write.batchId} on timeline ${write.timeline} of ${jobId}`;
    const planned = timeline.plans.get(write.batchId);
    const ranges = planned?.plan.ranges[SOURCE] ?? {};
    const isPlanned = planned !== undefined && JSON.stringify(ranges) === JSON.stringify(row.ranges);
    this.findings.check('I2', isPlanned, () => `the sink was given ${name}, which was not planned so`);
    for (const passed of notYetApplied(timeline, write.batchId)) timeline.applied.set(passed.partition, passed.to);
    for (const [partition, { from, to }] of Object.entries(row.ranges)) {
      const reached = timeline.applied.get(partition) ?? 0;
      const isNext = from === reached;
      this.findings.check('I5', isNext, () => `the sink had ${partition} up to ${reached}, and got ${from} in ${name}`);
      timeline.applied.set(partition, to);
    }
    if (planned === undefined) return;
    const passedOver = passedOverUpTo(timeline, write.batchId);
    const right = totalsOf(timeline.stateFrom, planned.after[SOURCE] ?? {}, passedOver);
    for (const [key, total] of Object.entries(row.totals)) {
      const is = (): string => `${key} is ${total} after ${name}, and ${right.get(key) ?? 0} were right`;
      this.findings.check('I7', total === right.get(key), is);
    }
  }
}

const readBy = ({ ranges }: BatchPlan): readonly PassedOver[] =>
  Object.entries(ranges[SOURCE] ?? {}).map(([partition, { from, to }]) => ({ partition, from, to }));

const textOfPlan = (plan: BatchPlan): string => JSON.stringify([plan.ranges, skippedBy(plan)]);

/** What plans have passed over since the last batch that the sink was given, up to this one. */
function notYetApplied(timeline: Timeline, batchId: number): readonly PassedOver[] {
  const passed: PassedOver[] = [];
  for (; timeline.appliedId < batchId; timeline.appliedId += 1) {
    const next = timeline.plans.get(timeline.appliedId + 1);
    if (next !== undefined) passed.push(...skippedBy(next.plan));
  }
  return passed;
}

const nameOf = ({ id }: JobRow, { timeline, batchId }: BatchPlan): string =>
  `batch ${batchId} on timeline ${timeline} of ${id}`;

const goesBack = ({ committed }: Timeline, offsets: BatchRow['nextOffsets']): boolean =>
  Object.entries(committed[SOURCE] ?? {}).some(([partition, at]) => (offsets?.[SOURCE]?.[partition] ?? 0) < at);
