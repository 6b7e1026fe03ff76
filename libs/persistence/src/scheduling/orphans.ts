import { furthest, isAhead, type CheckpointUpkeep, type ObjectGroup } from '@tidemark/domain';
import { IsNull, Not, type EntityManager } from 'typeorm';
import { lockJob } from '../jobs/change-job.js';
import { noteRegression, progressOf } from '../recovery/regression.js';
import { JobRow } from '../rows/index.js';

type Found = Parameters<CheckpointUpkeep['noteOrphans']>[0];

/**
 * The caller has listed the store before this reads the rows. An attempt's row is committed before its first object, and
 * no folder is used twice: what has objects and no row now will never have one.
 *
 * A group keeps the time at which it was first found only while it holds nothing but what it held then. So whoever
 * still writes into it starts its time anew, and a removal that was cut off does not.
 */
export async function noteOrphans(tx: EntityManager, found: Found): Promise<readonly ObjectGroup[]> {
  const { tenantId, jobId, part, groups, graceMs } = found;
  const orphans = await withoutRow(tx, { ...found, groups: await knownOf(tx, found) });
  await tx.query('DELETE FROM orphans WHERE job_id = $1 AND part = $2 AND path <> ALL($3)', [
    jobId,
    part,
    orphans.map(({ path }) => path),
  ]);
  if (orphans.length === 0) return [];
  const due = await tx.query<{ path: string; due: boolean }[]>(
    `INSERT INTO orphans AS o (path, tenant_id, job_id, part, objects)
     SELECT g."group"->>'path', $1, $2, $3, ARRAY(SELECT jsonb_array_elements_text(g."group"->'objects'))
       FROM jsonb_array_elements($4::jsonb) AS g ("group") ORDER BY 1
     ON CONFLICT ON CONSTRAINT orphans_pk DO UPDATE
       SET objects = excluded.objects,
           found_at = CASE WHEN excluded.objects <@ o.objects THEN o.found_at ELSE now() END
     RETURNING o.path, o.found_at <= now() - $5 * interval '1 ms' AS due`,
    [tenantId, jobId, part, JSON.stringify(orphans), graceMs],
  );
  const removable = new Set(due.filter((row) => row.due).map(({ path }) => path));
  return groups.filter(({ path }) => removable.has(path));
}

/** Those that are not of a time that the database does not know of. */
async function knownOf(tx: EntityManager, { jobId, tenantId, groups }: Found): Promise<readonly ObjectGroup[]> {
  const job = await tx.findOneBy(JobRow, { id: jobId, tenantId });
  if (job === null) return (await tx.existsBy(JobRow, { regressed: Not(IsNull()) })) ? [] : groups;
  const known = progressOf(job);
  const isKnown = ({ progress }: ObjectGroup): boolean => progress === undefined || !isAhead(progress, known);
  const seen = groups.flatMap(({ progress }) =>
    progress === undefined || !isAhead(progress, known) ? [] : [progress],
  );
  if (seen.length === 0) return groups;
  const locked = await lockJob(tx, tenantId, jobId);
  if (locked !== null) await noteRegression(tx, locked, seen.reduce(furthest));
  return groups.filter(isKnown);
}

/** Of checkpoints: those of no attempt that has a row. Of anything else: those of a job that is gone. */
async function withoutRow(tx: EntityManager, { jobId, part, groups }: Found): Promise<readonly ObjectGroup[]> {
  if (part !== 'checkpoints') {
    const jobs = await tx.query<unknown[]>('SELECT 1 FROM jobs WHERE id = $1', [jobId]);
    return jobs.length > 0 ? [] : groups;
  }
  const rows = await tx.query<{ path: string }[]>('SELECT path FROM checkpoints WHERE path = ANY($1)', [
    groups.map(({ path }) => path),
  ]);
  const known = new Set(rows.map(({ path }) => path));
  return groups.filter(({ path }) => !known.has(path));
}
