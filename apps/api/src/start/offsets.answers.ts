import { OFFSET_UNITS, type OffsetUnit } from '@tidemark/engine';
import { Shown, shownType } from '../transport/shown.js';

class OffsetProblem {
  @Shown('Code of the error, from the error catalogue.', 'string')
  readonly code!: string;

  @Shown('One sentence.', 'string')
  readonly message!: string;
}
shownType('OffsetProblem', OffsetProblem);

export class PartitionOffsetsAnswer {
  @Shown('Name of the partition: for `files`, of the file.', 'string')
  readonly partition!: string;

  @Shown('The next position to read; null where none was read yet.', 'integer', { nullable: true })
  readonly committed!: number | null;

  @Shown('The batch that read from it last, as far as the log goes back.', 'integer', { nullable: true })
  readonly sinceBatchId!: number | null;

  @Shown('The first position that can be read now; null where the source does not tell.', 'integer', { nullable: true })
  readonly earliest!: number | null;

  @Shown('The position after the last record that is there; null where the source does not tell.', 'integer', {
    nullable: true,
  })
  readonly latest!: number | null;

  @Shown("How much waits, in the source's unit; null where that is not known.", 'integer', { nullable: true })
  readonly lag!: number | null;
}
shownType('PartitionOffsets', PartitionOffsetsAnswer);

export class SourceOffsetsAnswer {
  @Shown('Uid of the source.', 'string')
  readonly source!: string;

  @Shown('What offsets count; null where the source does not tell.', OFFSET_UNITS, { nullable: true })
  readonly unit!: OffsetUnit | null;

  @Shown('What the next batch would find wrong, or why the source cannot be looked at.', OffsetProblem, {
    nullable: true,
  })
  readonly problem!: OffsetProblem | null;

  @Shown('By name.', [PartitionOffsetsAnswer])
  readonly partitions!: readonly PartitionOffsetsAnswer[];
}
shownType('SourceOffsets', SourceOffsetsAnswer);

export class OffsetsAnswer {
  @Shown('The timeline.', 'integer')
  readonly timeline!: number;

  @Shown('The offsets are as of the end of this batch; 0 before the first.', 'integer')
  readonly batchId!: number;

  @Shown('Every source of the job.', [SourceOffsetsAnswer])
  readonly sources!: readonly SourceOffsetsAnswer[];
}
shownType('Offsets', OffsetsAnswer);

export class OffsetChangeAnswer {
  @Shown('Uid of the source.', 'string')
  readonly source!: string;

  @Shown('Name of the partition.', 'string')
  readonly partition!: string;

  @Shown('The offset until now; null where none was read yet.', 'integer', { nullable: true })
  readonly before!: number | null;

  @Shown('The offset from now on; null where it is forgotten.', 'integer', { nullable: true })
  readonly after!: number | null;

  @Shown('What offsets count; null where the source cannot be looked at.', OFFSET_UNITS, { nullable: true })
  readonly unit!: OffsetUnit | null;

  @Shown('Records that were read and are read again; null where that is not known.', 'integer', { nullable: true })
  readonly recordsAgain!: number | null;

  @Shown('Records that are never read; null where that is not known.', 'integer', { nullable: true })
  readonly recordsSkipped!: number | null;
}
shownType('OffsetChange', OffsetChangeAnswer);

export class OffsetEditAnswer {
  @Shown('Whether nothing was changed because only the answer was asked for.', 'boolean')
  readonly dryRun!: boolean;

  @Shown("The timeline that begins with these offsets; the job's own where nothing changes.", 'integer')
  readonly timeline!: number;

  @Shown('The checkpoint whose state is kept; null where the timeline begins with none.', 'string', { nullable: true })
  readonly checkpointId!: string | null;

  @Shown('Every partition whose offset changes.', [OffsetChangeAnswer])
  readonly changes!: readonly OffsetChangeAnswer[];

  @Shown(
    'Batches that were planned and never committed. Sinks may hold rows of theirs, and may get them again.',
    'integers',
  )
  readonly abandonedBatchIds!: readonly number[];
}
shownType('OffsetEdit', OffsetEditAnswer);
