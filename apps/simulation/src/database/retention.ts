import type { CheckpointId } from '@tidemark/domain';
import type { Database } from './database.js';
import { newestFirst, type CheckpointRow, type JobRow } from './tables.js';

const PASS_MAX = 500;
/** Bases of a timeline of which the newest checkpoint is kept whatever the limit says. */
const BASES_KEPT = 2;

export interface Doomed {
  readonly id: CheckpointId;
  readonly status: CheckpointRow['status'];
  readonly holds: number;
  readonly buildsOn: readonly string[];
}

/** Checkpoints that nothing needs, as one look at the rows shows them. */
export function doomedCheckpoints(database: Database, keep: number): readonly Doomed[] {
  const { tables, rules } = database;
  const all = [...tables.checkpoints.values()];
  const chosen = chosenCheckpoints(database);
  const pinned = new Set(rules.collectorSparesPins ? tables.pins.map(({ checkpointId }) => checkpointId) : []);
  const unwanted = new Set<CheckpointRow>();
  for (const group of groupsOf(all)) {
    for (const [index, row] of group.rows.entries()) {
      const isKept = pinned.has(row.id) || chosen.has(row.id) || (rules.collectorSparesNewest && group.spares(index));
      if (!isKept && isUnwanted(database, row, index, keep)) unwanted.add(row);
    }
  }
  const needed = new Set(
    all
      .filter((row) => (row.status === 'complete' || row.status === 'pending') && !unwanted.has(row))
      .flatMap(({ buildsOn }) => buildsOn),
  );
  const doomed = [...unwanted]
    .filter(({ status, path }) => status === 'deleted' || !rules.collectorSparesBases || !needed.has(path))
    .sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime() || (a.id < b.id ? 1 : -1));
  return tenantsInTurn(doomed)
    .slice(0, PASS_MAX)
    .map(({ id, status, holds, buildsOn }) => ({ id, status, holds, buildsOn }));
}

/** The first of each tenant, then the second of each: sorting keeps the order of what is alike. */
function tenantsInTurn(rows: readonly CheckpointRow[]): readonly CheckpointRow[] {
  const taken = new Map<string, number>();
  const numbered = rows.map((row) => {
    const turn = taken.get(row.tenantId) ?? 0;
    taken.set(row.tenantId, turn + 1);
    return { row, turn };
  });
  return numbered.sort((a, b) => a.turn - b.turn).map(({ row }) => row);
}

/** What a start that is under way, a timeline, an order or a probation names. */
function chosenCheckpoints({ tables, rules }: Database): ReadonlySet<CheckpointId> {
  const chosen = new Set<CheckpointId>();
  for (const job of tables.jobs.values()) {
    if (!rules.collectorSparesChosen) continue;
    const decision = job.currentRunId === null ? undefined : tables.decisions.get(job.currentRunId);
    if ((job.status === 'scheduled' || job.status === 'restoring') && decision?.verdict.outcome === 'start') {
      const { from } = decision.verdict;
      if (from.kind === 'checkpoint') chosen.add(from.checkpointId);
    }
    const base = job.baseCheckpointId === null ? undefined : tables.checkpoints.get(job.baseCheckpointId);
    // Of a fork it is another job's: that one's collector has to be told.
    if (base !== undefined && (rules.collectorSparesPins || base.jobId === job.id)) chosen.add(base.id);
    if (job.startMode?.mode === 'checkpoint') chosen.add(job.startMode.checkpointId);
    if (job.probation !== null) chosen.add(job.probation.back.checkpointId);
  }
  return chosen;
}

interface Group {
  /** Of one job, kind, timeline and status, the newest first. */
  readonly rows: readonly CheckpointRow[];
  /** Whether the row at this place is kept whatever the limits say. */
  readonly spares: (index: number) => boolean;
}

function groupsOf(all: readonly CheckpointRow[]): readonly Group[] {
  const groups = Map.groupBy(all, ({ jobId, kind, timeline, status }) => `${jobId}/${kind}/${timeline}/${status}`);
  return [...groups.values()].map((unsorted): Group => {
    const rows = unsorted.sort(newestFirst);
    const spared = sparedOf(rows);
    return {
      rows,
      spares: (index) => {
        const row = rows[index];
        if (row?.kind === 'savepoint') return row.status === 'complete' || row.status === 'corrupt';
        return row?.status === 'complete' && spared.has(row);
      },
    };
  });
}

/** The newest one, the newest that was read back, and the newest of the base before. @param rows newest first */
function sparedOf(rows: readonly CheckpointRow[]): ReadonlySet<CheckpointRow> {
  const bases = [...new Set(rows.map(baseOf))].slice(0, BASES_KEPT);
  const spared = [
    ...bases.map((base) => rows.find((row) => baseOf(row) === base)),
    rows.find(({ verifiedAt }) => verifiedAt !== undefined),
  ];
  return new Set(spared.filter((row) => row !== undefined));
}

const baseOf = ({ buildsOn, path }: CheckpointRow): string => buildsOn[0] ?? path;

function isUnwanted({ tables, rules }: Database, row: CheckpointRow, index: number, keep: number): boolean {
  switch (row.status) {
    case 'deleted':
      return true;
    case 'complete':
    case 'corrupt':
      return index >= keep;
    case 'pending': {
      const job = tables.jobs.get(row.jobId);
      if (job === undefined || !rules.collectorTakesUnfinished) return false;
      const begunLast = tables
        .checkpointsOf(row.jobId)
        .filter(({ kind, epoch }) => kind === row.kind && epoch === row.epoch)
        .every(({ id }) => id <= row.id);
      return !begunLast || row.epoch < job.epoch || job.currentRunId === null;
    }
  }
}

/** Turns those to `deleted` that are still what they were when they were looked at. */
export function retire(
  { tables, rules, watch }: Database,
  doomed: readonly Doomed[],
): readonly { readonly id: CheckpointId; readonly path: string }[] {
  const stillDoomed = doomed.flatMap(({ id, status, holds }) => {
    const row = tables.checkpoints.get(id);
    if (row?.status !== status || (rules.collectorLooksAtHolds && row.holds !== holds)) return [];
    return [row];
  });
  const ids = new Set(stillDoomed.map(({ id }) => id));
  // What goes only together with one that stays after all stays, too.
  const spared = new Set(
    doomed
      .filter(({ id, status }) => (status === 'complete' || status === 'pending') && !ids.has(id))
      .flatMap(({ buildsOn }) => buildsOn),
  );
  const rows = stillDoomed.filter(({ status, path }) => status === 'deleted' || !spared.has(path));
  watch.retired?.(rows.filter(({ status }) => status !== 'deleted'));
  for (const row of rows) row.status = 'deleted';
  return rows.map(({ id, path }) => ({ id, path }));
}

/** Drops committed batches that every checkpoint contains which a start may fall back to, beyond the newest `keep`. */
export function pruneBatches(
  { tables, rules, watch }: Database,
  { keep, limit, perTimeline }: { readonly keep: number; readonly limit: number; readonly perTimeline: number },
): number {
  let dropped = 0;
  for (const job of [...tables.jobs.values()].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const complete = tables.checkpointsOf(job.id).filter(({ status }) => status === 'complete');
    const timelines = new Set(complete.map((row) => row.timeline));
    if (!rules.prunerWantsCheckpoint) timelines.add(job.timeline);
    for (const timeline of [...timelines].sort((a, b) => a - b)) {
      const rows = complete.filter((row) => row.timeline === timeline).sort(newestFirst);
      const ids = fallbacksOf(rows, perTimeline).map(({ batchId }) => batchId);
      const oldest = rules.prunerAsksCheckpoints ? Math.min(...ids) : Math.max(...ids);
      const below = Math.min(oldest, (job.lastBatchId ?? Infinity) - keep);
      const batches = tables.batchesOf(job.id, timeline);
      for (const [batchId, { committedEpoch }] of [...batches].sort(([a], [b]) => a - b)) {
        if (batchId > below || committedEpoch === null) continue;
        if (dropped === limit) return dropped;
        batches.delete(batchId);
        watch.pruned?.(job.id, timeline, batchId);
        dropped += 1;
      }
    }
  }
  return dropped;
}

/** Savepoints, and what is kept only because others build on it, are not restored from where the log has gone on. */
function fallbacksOf(rows: readonly CheckpointRow[], perTimeline: number): readonly CheckpointRow[] {
  const own = rows.filter(({ kind }) => kind === 'checkpoint').slice(0, perTimeline);
  return [...own, ...sparedOf(rows)];
}

/** Lets go of what forks begin with, of those that have a checkpoint of their own that was read back. */
export function releaseForks({ tables }: Database): void {
  for (const pin of [...tables.pins]) {
    const isFork = pin.owner === `fork/${pin.forJobId}`;
    const hasOwn = ({ id, timeline, baseCheckpointId }: JobRow): boolean =>
      tables
        .checkpointsOf(id)
        .some(
          (row) =>
            row.status === 'complete' &&
            row.verifiedAt !== undefined &&
            (row.timeline === timeline || baseCheckpointId !== pin.checkpointId),
        );
    if (isFork && hasOwn(tables.job(pin.forJobId))) tables.pins.splice(tables.pins.indexOf(pin), 1);
  }
}
