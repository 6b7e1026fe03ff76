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

/** Whether the job of `d` has come through a batch. */
export const isIn = (timeline: string, batchId: string): string => `EXISTS (
    SELECT 1 FROM lineage l WHERE l.job_id = d.job_id AND l.timeline = ${timeline} AND (l.upto IS NULL OR ${batchId} <= l.upto))`;

/** A column of the batch that has taken the record of the letter `d`, null if none has that the job has come through. */
export const redrivenBy = (column: 'timeline' | 'batch_id' | 'at'): string => `(
  SELECT r.${column} FROM dead_letter_redrives r WHERE r.letter_id = d.id AND ${isIn('r.timeline', 'r.batch_id')})`;

/**
 * What a letter `d` is now. A rollback leaves letters behind, and of those whose re-driving it has taken back it makes again
 * what was ordered last; an undo of it brings back what had come of them.
 */
export const LETTER_STATUS = `
  CASE WHEN NOT ${isIn('d.timeline', 'd.batch_id')} THEN 'left_behind'
       WHEN ${redrivenBy('batch_id')} IS NOT NULL THEN 'redriven'
       ELSE d.status END`;
