import { nameOf, type JobHistory, type Logged, type Point, type Standing, type Violation } from './history.js';
import type { InputRecord, Inputs } from './inputs.js';
import { copyOf, nothingKept, REDUCERS, type Reducer, type Row } from './reducers.js';

/** A planned batch, and what it has to write. */
export interface ReplayedBatch extends Point {
  /** Place of the commit among all of the job's; undefined while there is none. */
  readonly committedAs: number | undefined;
  readonly records: readonly InputRecord[];
  readonly rows: readonly Row[];
}

export interface Replay {
  /** By {@link nameOf}. */
  readonly batches: ReadonlyMap<string, ReplayedBatch>;
  /** Where each timeline goes on; the first one has no entry. */
  readonly bases: ReadonlyMap<number, Point>;
  readonly timeline: number;
  readonly violations: readonly Violation[];
}

/** A batch, and the one that runs ahead while the sinks take it. */
const OPEN_MAX = 2;

/** What says what a job must have written. */
export type Replayed = Pick<JobHistory, 'shape' | 'log' | 'inputs' | 'origin'>;

/** Reads the plans again that the log holds, on all timelines, with a plain reducer in place of the job. */
export function replay(history: Replayed): Replay {
  const { bases, timeline, walk } = walked(history, []);
  return { batches: walk.batches, bases, timeline, violations: walk.violations };
}

/** Where a job stood after one of its batches; undefined if that was never committed. */
export const standingAfter = (history: Replayed, point: Point): Standing | undefined =>
  walked(history, [point]).walk.standings.get(nameOf(point));

/** @param wanted batches after which the standing is kept, besides those after which a timeline goes on */
function walked({ shape, log, inputs, origin }: Replayed, wanted: readonly Point[]) {
  const timelines = log.filter((entry) => entry.kind === 'timeline');
  const bases = new Map(timelines.flatMap(({ timeline, after }) => (after === undefined ? [] : [[timeline, after]])));
  const walk = new Walk(REDUCERS[shape], inputs, new Set([...bases.values(), ...wanted].map(nameOf)));
  const commits = new Map(log.filter((entry) => entry.kind === 'commit').map((entry, index) => [nameOf(entry), index]));
  const plans = Map.groupBy(
    log.filter((entry) => entry.kind === 'plan'),
    ({ timeline }) => timeline,
  );
  for (const begun of timelines) {
    const { timeline } = begun;
    const own = (plans.get(timeline) ?? []).toSorted((a, b) => a.batchId - b.batchId);
    walk.timeline(begun, own, { commits, origin });
  }
  return { bases, walk, timeline: timelines.at(-1)?.timeline ?? 1 };
}

interface Walking extends Standing {
  readonly offsets: Map<string, number>;
}

class Walk {
  readonly batches = new Map<string, ReplayedBatch>();
  readonly violations: Violation[] = [];
  /** By the name of the batch. */
  readonly standings = new Map<string, Standing>();

  constructor(
    private readonly reducer: Reducer,
    private readonly inputs: Inputs,
    /** Names of the batches after which the standing is kept. */
    private readonly branches: ReadonlySet<string>,
  ) {}

  timeline(
    { timeline, after, isEmpty }: Logged<'timeline'>,
    plans: readonly Logged<'plan'>[],
    { commits, origin }: { readonly commits: ReadonlyMap<string, number>; readonly origin: JobHistory['origin'] },
  ): void {
    const base = after === undefined ? origin?.standing : this.standings.get(nameOf(after));
    if (base === undefined && after !== undefined) {
      this.gap(`timeline ${timeline} goes on after ${nameOf(after)}, which was never committed`);
    }
    const standing = copied(base ?? nothing(), { isEmpty });
    let last = after?.batchId ?? origin?.batchId ?? 0;
    this.keep({ timeline, batchId: last }, standing);
    let open = 0;
    for (const plan of plans) {
      const committedAs = commits.get(nameOf(plan));
      if (plan.batchId !== last + 1) this.gap(`${nameOf(plan)} follows batch ${last}`);
      if (committedAs !== undefined && open > 0) this.gap(`${nameOf(plan)} was committed before the one before it`);
      if (committedAs === undefined) open += 1;
      last = plan.batchId;
      this.step(plan, standing, committedAs);
      if (committedAs !== undefined) this.keep(plan, standing);
    }
    if (open > OPEN_MAX) this.gap(`timeline ${timeline} has ${open} open plans`);
  }

  private step(plan: Logged<'plan'>, standing: Walking, committedAs: number | undefined): void {
    const { timeline, batchId } = plan;
    const records = this.read(plan, standing);
    const rows = this.reducer.step(standing.kept, records);
    this.batches.set(nameOf(plan), { timeline, batchId, committedAs, records, rows });
  }

  private read(plan: Logged<'plan'>, { offsets }: Walking): readonly InputRecord[] {
    const records: InputRecord[] = [];
    for (const side of this.reducer.sides) {
      for (const [partition, range] of Object.entries(plan.ranges[side] ?? {}).sort()) {
        const where = `${side}/${partition}`;
        const at = offsets.get(where) ?? 0;
        if (range.from !== at) this.gap(`${nameOf(plan)} reads ${where} from ${range.from}, and ${at} was next`);
        offsets.set(where, range.to);
        const slice = this.inputs.recordsIn(side, partition, range);
        if (slice === undefined) this.gap(`${nameOf(plan)} reads ${where} from or to the middle of a record`);
        records.push(...(slice ?? []));
      }
    }
    return records;
  }

  private keep(point: Point, standing: Standing): void {
    if (this.branches.has(nameOf(point))) this.standings.set(nameOf(point), copied(standing, { isEmpty: false }));
  }

  private gap(what: string): void {
    this.violations.push({ kind: 'gap', count: 1, what });
  }
}

const nothing = (): Standing => ({ kept: nothingKept(), offsets: new Map() });

const copied = ({ kept, offsets }: Standing, { isEmpty }: { readonly isEmpty: boolean }): Walking => ({
  kept: isEmpty ? nothingKept() : copyOf(kept),
  offsets: new Map(offsets),
});
