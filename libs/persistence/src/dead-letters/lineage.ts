/**
 * The batches that a job has come through, as a common table expression for `WITH RECURSIVE`: its timeline with all of its
 * batches, and of each timeline before that the batches up to the one that the next goes on after.
 *
 * @param jobs which jobs, as a condition on `j.id`
 */
export const lineageOf = (jobs: string): string => `
  lineage AS (
    SELECT j.id AS job_id, j.timeline, NULL::bigint AS upto FROM jobs j WHERE ${jobs}
    UNION ALL
    SELECT l.job_id, t.base_timeline, t.base_batch_id
      FROM lineage l JOIN timelines t ON t.job_id = l.job_id AND t.timeline = l.timeline
  )`;

const isIn = (timeline: string, batchId: string): string => `EXISTS (
    SELECT 1 FROM lineage l WHERE l.job_id = d.job_id AND l.timeline = ${timeline} AND (l.upto IS NULL OR ${batchId} <= l.upto))`;

/** What a letter `d` is now. A rollback leaves letters behind, and makes of those wait again whose re-driving it took back. */
export const LETTER_STATUS = `
  CASE WHEN NOT ${isIn('d.timeline', 'd.batch_id')} THEN 'left_behind'
       WHEN d.status = 'redriven' AND NOT ${isIn('d.redriven_timeline', 'd.redriven_batch_id')} THEN 'waiting'
       ELSE d.status END`;
