import type { DeadLetter, DeadLetterRecord, DeadLettersOrdered } from '@tidemark/sdk';
import { fields, table } from './table.js';

export const showLetters = (letters: readonly DeadLetter[]): readonly string[] =>
  letters.length === 0
    ? ['No dead letters.']
    : table(
        ['LETTER', 'STATUS', 'SOURCE', 'PARTITION', 'OFFSET', 'BATCH', 'BYTES', 'CODE', 'REASON'],
        letters.map(({ id, status, source, partition, offset, batchId, bytesTotal, code, reason }) => [
          ...[id, status, source, partition, offset, batchId, bytesTotal, code, reason],
        ]),
      );

export function showLetter(letter: DeadLetterRecord): readonly string[] {
  const { redrivenBy } = letter;
  return [
    ...fields([
      ['letter', letter.id],
      ['status', letter.status],
      ['record', `${letter.source}/${letter.partition}@${letter.offset}`],
      ['set aside by', `batch ${letter.batchId} of timeline ${letter.timeline}, ${letter.createdAt}`],
      ['code', letter.code],
      ['reason', letter.reason],
      ['returned', `${letter.returns} times`],
      ['re-driven by', redrivenBy === null ? '-' : `batch ${redrivenBy.batchId} of timeline ${redrivenBy.timeline}`],
      ['bytes', `${letter.bytesTotal}${letter.cut ? ', of which only the first are kept' : ''}`],
    ]),
    '',
    new TextDecoder().decode(Buffer.from(letter.bytes, 'base64')),
  ];
}

export function showOrdered({ letters, passedOver }: DeadLettersOrdered, done: string): readonly string[] {
  const reasons = [
    [passedOver.settled, 'settled already'],
    [passedOver.leftBehind, 'left behind by a rollback'],
    [passedOver.cut, 'kept in part only'],
    [passedOver.sourceGone, 'of a source that the job has no more'],
  ] as const;
  const passed = reasons.filter(([count]) => count > 0).map(([count, why]) => `passed over ${count}: ${why}`);
  return [`${letters} dead letter${letters === 1 ? '' : 's'} ${done}`, ...passed];
}
