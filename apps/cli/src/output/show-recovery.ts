import type { Rollback, RollbackPreview, Savepoint } from '@tidemark/sdk';
import { fields, table } from './table.js';

const AFTER = {
  converges: 'the same keys are written again',
  truncated: 'readers leave out what is taken back',
  repeats: 'what was written stays, and comes again',
} as const;

const cell = (value: string | number | null): string | number => value ?? '-';
const point = ({ revision, timeline, batchId }: Rollback['from']): string =>
  `revision ${revision}, batch ${batchId} of timeline ${timeline}`;

export const showSavepoints = (savepoints: readonly Savepoint[]): readonly string[] =>
  table(
    ['ID', 'LABEL', 'STATUS', 'CHECKPOINT', 'REQUESTED'],
    savepoints.map(({ id, label, status, checkpointId, requestedAt }) => [
      ...[id, label, status, cell(checkpointId), requestedAt],
    ]),
  );

export const showRollbacks = (rollbacks: readonly Rollback[]): readonly string[] =>
  table(
    ['ID', 'STATUS', 'FROM', 'TO', 'CHECKPOINT', 'ORDERED'],
    rollbacks.map(({ id, status, from, to, checkpointId, orderedAt }) => [
      ...[id, status, short(from), short(to), checkpointId, orderedAt],
    ]),
  );

const short = ({ revision, timeline, batchId }: Rollback['from']): string => `r${revision} t${timeline} b${batchId}`;

export function showPreview(preview: RollbackPreview): readonly string[] {
  const { start, changes, sinks, problems, batchesTakenBack, recordsAgain } = preview;
  return [
    ...fields([
      ['from', point(preview.from)],
      ['to', point(preview.to)],
      ['checkpoint', preview.checkpointId],
      ['outcome', start.outcome],
      ['reason', `${start.reasonCode}: ${start.reason}`],
      ['taken back', batchesTakenBack === null ? 'not known' : `${batchesTakenBack} batches`],
      ['read again', recordsAgain === null ? 'not known' : `${recordsAgain} records`],
    ]),
    ...(changes.length === 0
      ? []
      : [
          '',
          ...table(
            ['SOURCE', 'PARTITION', 'NOW', 'THEN', 'UNIT', 'READ AGAIN', 'SKIPPED'],
            changes.map((change) => [
              ...[change.source, change.partition, cell(change.before), cell(change.after), cell(change.unit)],
              ...[cell(change.recordsAgain), cell(change.recordsSkipped)],
            ]),
          ),
        ]),
    ...(sinks.length === 0
      ? []
      : [
          '',
          ...table(
            ['SINK', 'CONNECTOR', 'WHAT READERS SEE'],
            sinks.map((one) => [one.sink, one.connector, AFTER[one.after]]),
          ),
        ]),
    ...problems.map(({ source, code, message }) => `! ${source}: ${code}: ${message}`),
  ];
}

export const showOrdered = (name: string, rollback: Rollback): readonly string[] => [
  `${name} goes back to ${point(rollback.to)} (${rollback.id}, ${rollback.status}).`,
  `To come back to where it was: tidemark rollback ${name} --undo ${rollback.id}`,
];
