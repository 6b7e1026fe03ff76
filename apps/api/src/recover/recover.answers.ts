import {
  AFTER_ROLLBACK,
  ROLLBACK_STATUSES,
  SAVEPOINT_STATUSES,
  type AfterRollback,
  type JobPoint,
  type Rollback,
  type RollbackStatus,
  type Savepoint,
  type SavepointStatus,
} from '@tidemark/domain';
import { VerdictAnswer } from '../inspect/history.answers.js';
import { OffsetChangeAnswer } from '../start/offsets.answers.js';
import { pageClass } from '../transport/paging.js';
import { Shown, shownType } from '../transport/shown.js';

export class SavepointAnswer {
  @Shown('Id of the savepoint.', 'string')
  readonly id!: string;

  @Shown('What it is for.', 'string')
  readonly label!: string;

  @Shown('`requested` until a run has written it.', SAVEPOINT_STATUSES)
  readonly status!: SavepointStatus;

  @Shown('The checkpoint that it keeps; null until it is complete.', 'string', { nullable: true })
  readonly checkpointId!: string | null;

  @Shown('Id of the key that asked for it.', 'string')
  readonly actor!: string;

  @Shown('When it was asked for.', 'time')
  readonly requestedAt!: string;

  @Shown('When it was complete.', 'time', { nullable: true })
  readonly completedAt!: string | null;
}
shownType('Savepoint', SavepointAnswer);
export const SavepointPage = pageClass(SavepointAnswer, 'SavepointPage');

export const showSavepoint = (savepoint: Savepoint): SavepointAnswer => ({
  id: savepoint.id,
  label: savepoint.label,
  status: savepoint.status,
  checkpointId: savepoint.checkpointId ?? null,
  actor: savepoint.actor,
  requestedAt: savepoint.requestedAt.toISOString(),
  completedAt: savepoint.completedAt?.toISOString() ?? null,
});

export class JobPointAnswer implements JobPoint {
  @Shown('The revision.', 'integer')
  readonly revision!: number;

  @Shown('The timeline.', 'integer')
  readonly timeline!: number;

  @Shown('The last batch.', 'integer')
  readonly batchId!: number;
}
shownType('JobPoint', JobPointAnswer);

export class RollbackAnswer {
  @Shown('Id of the rollback.', 'string')
  readonly id!: string;

  @Shown('The checkpoint that the job goes back to.', 'string')
  readonly checkpointId!: string;

  @Shown(
    'Where the job stood when it was ordered. Batches that its run has finished since are left behind as well.',
    JobPointAnswer,
  )
  readonly from!: JobPointAnswer;

  @Shown('What the checkpoint is of.', JobPointAnswer)
  readonly to!: JobPointAnswer;

  @Shown('The rollback that this one takes back.', 'string', { nullable: true })
  readonly undoes!: string | null;

  @Shown('Why it was ordered.', 'string', { nullable: true })
  readonly reason!: string | null;

  @Shown(
    '`ordered`: the next start begins there. `begun`: the job is on its new timeline. `held`: the checkpoint could not be ' +
      'taken, and the restore decision says why. `superseded`: something else was ordered before it began.',
    ROLLBACK_STATUSES,
  )
  readonly status!: RollbackStatus;

  @Shown('The timeline that it has opened.', 'integer', { nullable: true })
  readonly timeline!: number | null;

  @Shown('Id of the key that ordered it.', 'string')
  readonly actor!: string;

  @Shown('When it was ordered.', 'time')
  readonly orderedAt!: string;

  @Shown('When its status came to be what it is.', 'time', { nullable: true })
  readonly decidedAt!: string | null;
}
shownType('Rollback', RollbackAnswer);
export const RollbackPage = pageClass(RollbackAnswer, 'RollbackPage');

export const showRollback = (rollback: Rollback): RollbackAnswer => ({
  id: rollback.id,
  checkpointId: rollback.checkpointId,
  from: rollback.from,
  to: rollback.to,
  undoes: rollback.undoes ?? null,
  reason: rollback.reason ?? null,
  status: rollback.status,
  timeline: rollback.timeline ?? null,
  actor: rollback.actor,
  orderedAt: rollback.orderedAt.toISOString(),
  decidedAt: rollback.decidedAt?.toISOString() ?? null,
});

class SinkAfterRollbackAnswer {
  @Shown('Uid of the sink.', 'string')
  readonly sink!: string;

  @Shown('Its connector.', 'string')
  readonly connector!: string;

  @Shown(
    'What a reader sees of batches that are taken back. `converges`: the same keys are written again. `truncated`: the ' +
      'sink says where they end. `repeats`: they stay, and come again.',
    AFTER_ROLLBACK,
  )
  readonly after!: AfterRollback;
}
shownType('SinkAfterRollback', SinkAfterRollbackAnswer);

class SourceProblemAnswer {
  @Shown('Uid of the source.', 'string')
  readonly source!: string;

  @Shown('Code of the error, from the error catalogue.', 'string')
  readonly code!: string;

  @Shown('One sentence.', 'string')
  readonly message!: string;
}
shownType('SourceProblem', SourceProblemAnswer);

export class RollbackPreviewAnswer {
  @Shown('The checkpoint.', 'string')
  readonly checkpointId!: string;

  @Shown('Where the job stands now.', JobPointAnswer)
  readonly from!: JobPointAnswer;

  @Shown('Where it would go back to.', JobPointAnswer)
  readonly to!: JobPointAnswer;

  @Shown('What the start would be decided to be.', VerdictAnswer)
  readonly start!: VerdictAnswer;

  @Shown('Batches committed since, which are taken back; null where the log does not tell.', 'integer', {
    nullable: true,
  })
  readonly batchesTakenBack!: number | null;

  @Shown('Records of those batches, which are read again; null where the log does not tell.', 'integer', {
    nullable: true,
  })
  readonly recordsAgain!: number | null;

  @Shown('Every partition whose offset changes.', [OffsetChangeAnswer])
  readonly changes!: readonly OffsetChangeAnswer[];

  @Shown('What sources would find wrong with those offsets: what they no longer hold, for example.', [
    SourceProblemAnswer,
  ])
  readonly problems!: readonly SourceProblemAnswer[];

  @Shown('What becomes of what was written since.', [SinkAfterRollbackAnswer])
  readonly sinks!: readonly SinkAfterRollbackAnswer[];
}
shownType('RollbackPreview', RollbackPreviewAnswer);
