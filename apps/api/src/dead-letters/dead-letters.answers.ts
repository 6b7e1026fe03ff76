import { DEAD_LETTER_STATUSES, type DeadLetter, type DeadLetterStatus, type PassedOver } from '@tidemark/domain';
import { pageClass } from '../transport/paging.js';
import { Shown, shownType } from '../transport/shown.js';

class RedrivenByAnswer {
  @Shown('The timeline of the batch.', 'integer')
  readonly timeline!: number;

  @Shown('The batch.', 'integer')
  readonly batchId!: number;
}
shownType('RedrivenBy', RedrivenByAnswer);

export class DeadLetterAnswer {
  @Shown('Id of the dead letter.', 'string')
  readonly id!: string;

  @Shown('Uid of the source that the record came from.', 'string')
  readonly source!: string;

  @Shown('Its partition.', 'string')
  readonly partition!: string;

  @Shown('Its offset there.', 'integer')
  readonly offset!: number;

  @Shown('The timeline of the batch that set it aside first.', 'integer')
  readonly timeline!: number;

  @Shown('That batch.', 'integer')
  readonly batchId!: number;

  @Shown(
    'Why, as a code of the error catalogue: `record_unreadable`, or `job_code_threw` where the code threw.',
    'string',
  )
  readonly code!: string;

  @Shown('What is wrong with it, in words.', 'string')
  readonly reason!: string;

  @Shown('Bytes of the record.', 'integer')
  readonly bytesTotal!: number;

  @Shown('Whether only its first bytes are kept. Such a record cannot be re-driven.', 'boolean')
  readonly cut!: boolean;

  @Shown(
    '`waiting`: nothing was done about it. `redriving`: one of the next batches reads it again. `redriven`: a batch has. ' +
      '`discarded`: nothing is to be done about it. `left_behind`: the job was taken back to before the batch that set it aside.',
    DEAD_LETTER_STATUSES,
  )
  readonly status!: DeadLetterStatus;

  @Shown('How often it was re-driven and set aside again.', 'integer')
  readonly returns!: number;

  @Shown('The batch that has read it again.', RedrivenByAnswer, { nullable: true })
  readonly redrivenBy!: RedrivenByAnswer | null;

  @Shown('When it was set aside first.', 'time')
  readonly createdAt!: string;

  @Shown('When it was re-driven or discarded.', 'time', { nullable: true })
  readonly settledAt!: string | null;
}
shownType('DeadLetter', DeadLetterAnswer);
export const DeadLetterPage = pageClass(DeadLetterAnswer, 'DeadLetterPage');

export class DeadLetterRecordAnswer extends DeadLetterAnswer {
  @Shown('The bytes of the record that are kept, in Base64.', 'string')
  readonly bytes!: string;
}
shownType('DeadLetterRecord', DeadLetterRecordAnswer);

class PassedOverAnswer implements PassedOver {
  @Shown('Re-driven, being re-driven, or discarded already.', 'integer')
  readonly settled!: number;

  @Shown('Left behind by a rollback.', 'integer')
  readonly leftBehind!: number;

  @Shown('Kept in part only.', 'integer')
  readonly cut!: number;

  @Shown('Of a source that the job has no more.', 'integer')
  readonly sourceGone!: number;
}
shownType('DeadLettersPassedOver', PassedOverAnswer);

export class DeadLettersOrderedAnswer {
  @Shown('How many letters the order took.', 'integer')
  readonly letters!: number;

  @Shown('How many of those that it names it did not take, and why.', PassedOverAnswer)
  readonly passedOver!: PassedOver;
}
shownType('DeadLettersOrdered', DeadLettersOrderedAnswer);

export const showDeadLetter = (letter: DeadLetter): DeadLetterAnswer => ({
  id: letter.id,
  source: letter.source,
  partition: letter.partition,
  offset: letter.offset,
  timeline: letter.timeline,
  batchId: letter.batchId,
  code: letter.code,
  reason: letter.reason,
  bytesTotal: letter.bytesTotal,
  cut: letter.isCut,
  status: letter.status,
  returns: letter.returns,
  redrivenBy: letter.redrivenBy ?? null,
  createdAt: letter.createdAt.toISOString(),
  settledAt: letter.settledAt?.toISOString() ?? null,
});
