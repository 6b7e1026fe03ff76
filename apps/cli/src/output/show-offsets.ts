import type { NextStart, OffsetEdit, Offsets } from '@tidemark/sdk';
import { fields, table } from './table.js';

const cell = (value: string | number | null): string | number => value ?? '-';

export function showOffsets({ timeline, batchId, sources }: Offsets): readonly string[] {
  const rows = sources.flatMap(({ source, unit, partitions }) =>
    partitions.map(({ partition, committed, sinceBatchId, earliest, latest, lag }) => [
      ...[source, partition, cell(committed), cell(sinceBatchId), cell(earliest), cell(latest), cell(lag)],
      cell(unit),
    ]),
  );
  const problems = sources.flatMap(({ problem }) => (problem === null ? [] : [`${problem.code}: ${problem.message}`]));
  return [
    `After batch ${batchId} of timeline ${timeline}:`,
    ...table(['SOURCE', 'PARTITION', 'COMMITTED', 'BATCH', 'EARLIEST', 'LATEST', 'LAG', 'UNIT'], rows),
    ...problems,
  ];
}

export function showOffsetEdit(edit: OffsetEdit): readonly string[] {
  const { changes, dryRun, timeline, checkpointId, abandonedBatchIds } = edit;
  if (changes.length === 0) return ['No offset changes.', ...(dryRun ? [] : [`The job is on timeline ${timeline}.`])];
  const rows = changes.map(({ source, partition, before, after, unit, recordsAgain, recordsSkipped }) => [
    ...[source, partition, cell(before), cell(after), cell(unit), cell(recordsAgain), cell(recordsSkipped)],
  ]);
  const begins = dryRun ? `Timeline ${timeline} would begin` : `Timeline ${timeline} begins`;
  return [
    ...table(['SOURCE', 'PARTITION', 'BEFORE', 'AFTER', 'UNIT', 'READ AGAIN', 'SKIPPED'], rows),
    `${begins} with ${checkpointId === null ? 'no state' : `the state of ${checkpointId}`}.`,
    ...(abandonedBatchIds.length === 0
      ? []
      : [`Planned and never committed: batch ${abandonedBatchIds.join(', ')}. Sinks may hold rows of it.`]),
  ];
}

export function showNextStart({
  revision,
  trigger,
  policy,
  outcome,
  reasonCode,
  reason,
  ...next
}: NextStart): readonly string[] {
  const { from, candidates } = next;
  const misfits = candidates.flatMap(({ checkpointId, verdict }) =>
    verdict === 'chosen' || verdict === 'not_needed' ? [] : [[checkpointId, verdict] as const],
  );
  return fields([
    ['revision', revision],
    ['trigger', trigger],
    ['policy', policy],
    ['outcome', outcome],
    ['from', from === null ? null : from.kind],
    ['checkpoint', from === null ? null : from.checkpointId],
    ['offsets', from === null ? null : from.offsetsFrom],
    ['reason', `${reasonCode}: ${reason}`],
    ...misfits,
  ]);
}
