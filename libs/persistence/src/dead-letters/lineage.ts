/**
 * The batches that the job `$1` has come through, as common table expressions for `WITH RECURSIVE`: its timeline with all of its
 * batches, and of each timeline before that the batches up to the one that the next goes on after.
 *
 * A job may have come through thousands of timelines, and have as many letters. Each step looks one timeline up, and `lineage`
 * is one value in which a timeline is found without reading the others: whatever the planner takes the numbers to be, nothing is
 * read over again for every timeline or every letter.
 */
export const LINEAGE = `
  timelines_back AS (
    SELECT j.timeline, 9223372036854775807 AS upto FROM jobs j WHERE j.id = $1
    UNION ALL
    SELECT t.base_timeline, t.base_batch_id
      FROM timelines_back l
      CROSS JOIN LATERAL (SELECT b.base_timeline, b.base_batch_id FROM timelines b
                           WHERE b.job_id = $1 AND b.timeline = l.timeline LIMIT 1) t
  ), lineage AS MATERIALIZED (
    SELECT jsonb_object_agg(l.timeline, l.upto) AS upto FROM timelines_back l
  )`;

/** Whether the job has come through a batch. */
export const isIn = (timeline: string, batchId: string): string =>
  `coalesce(${batchId} <= ((SELECT l.upto FROM lineage l) ->> ${timeline}::text)::bigint, false)`;

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
