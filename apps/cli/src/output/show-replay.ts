import type { ReplayedBatch } from '../local/replay-batch.js';
import { fields, table } from './table.js';

/** What a batch has given: lines as its sinks got them, and counts. */
export function showReplay(batch: ReplayedBatch): readonly string[] {
  const { checkpointId, batchesBefore, recordsIn, recordsSkipped, sinks, operators } = batch;
  const from = checkpointId === null ? 'nothing, as the job began' : `checkpoint ${checkpointId}`;
  const counted = operators.map(({ uid, keys, counts }) => [
    uid,
    keys ?? '-',
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', '),
  ]);
  return [
    ...fields([
      [
        'batch',
        `${batch.batchId} on timeline ${batch.timeline}, of ${batch.batchTime}, run by revision ${batch.revision}`,
      ],
      ['from', `${from}, and ${batchesBefore} batches in between`],
      ['records', `${recordsIn}${recordsSkipped > 0 ? `, ${recordsSkipped} of them skipped` : ''}`],
    ]),
    ...batch.warnings.map((sentence) => `- ${sentence}`),
    ...(counted.length === 0 ? [] : ['', ...table(['OPERATOR', 'KEYS', 'COUNTED'], counted)]),
    ...(batch.log.length === 0 ? [] : ['', 'logged:', ...batch.log]),
    ...(sinks.length === 0 ? ['', 'It wrote nothing.'] : []),
    ...sinks.flatMap(({ sink, lines }) => ['', `${sink}: ${lines.length} rows`, ...lines]),
  ];
}
