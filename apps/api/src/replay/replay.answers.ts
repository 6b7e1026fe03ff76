import type { CheckpointObject } from '@tidemark/checkpoint';
import type { BatchPlan } from '@tidemark/domain';
import { OFFSET_UNITS, type InputChunk, type OffsetUnit } from '@tidemark/engine';
import { Shown, shownType } from '../transport/shown.js';

class InputChunkAnswer {
  @Shown('The partition.', 'string')
  readonly partition!: string;

  @Shown('Where it begins.', 'integer')
  readonly from!: number;

  @Shown('Where it ends; this is not read any more.', 'integer')
  readonly to!: number;

  @Shown('What these count.', OFFSET_UNITS)
  readonly offsetUnit!: OffsetUnit;

  @Shown('The bytes as the source has them, whole lines, in base64.', 'string')
  readonly bytes!: string;
}
shownType('InputChunk', InputChunkAnswer);

class SourceInputAnswer {
  @Shown('Uid of the source.', 'string')
  readonly source!: string;

  @Shown('What was read of it, in the order in which the batch has seen it.', [InputChunkAnswer])
  readonly chunks!: readonly InputChunkAnswer[];
}
shownType('SourceInput', SourceInputAnswer);

export class BatchInputAnswer {
  @Shown('The timeline that the batch is on.', 'integer')
  readonly timeline!: number;

  @Shown('The batch.', 'integer')
  readonly batchId!: number;

  @Shown('The only time that the batch saw.', 'time')
  readonly batchTime!: string;

  @Shown('The revision that ran it.', 'integer')
  readonly revision!: number;

  @Shown('What it has read, by source.', [SourceInputAnswer])
  readonly sources!: readonly SourceInputAnswer[];
}
shownType('BatchInput', BatchInputAnswer);

export interface RecordedInput {
  readonly plan: BatchPlan;
  readonly revision: number;
  readonly sources: readonly { readonly uid: string; readonly chunks: readonly InputChunk[] }[];
}

export const showInput = ({ plan, revision, sources }: RecordedInput): BatchInputAnswer => ({
  timeline: plan.timeline,
  batchId: plan.batchId,
  batchTime: new Date(plan.batchTimeMs).toISOString(),
  revision,
  sources: sources.map(({ uid, chunks }) => ({ source: uid, chunks: chunks.map(showChunk) })),
});

const showChunk = ({ partition, range, offsetUnit, bytes }: InputChunk): InputChunkAnswer => ({
  partition,
  from: range.from,
  to: range.to,
  offsetUnit,
  bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64'),
});

class CheckpointObjectAnswer {
  @Shown('Its name, which the manifest and other files refer to.', 'string')
  readonly path!: string;

  @Shown('Its length.', 'integer')
  readonly bytes!: number;

  @Shown('SHA-256 of its bytes, hex: what it is fetched by, and checked against.', 'string')
  readonly sha256!: string;
}
shownType('CheckpointObject', CheckpointObjectAnswer);

export class CheckpointObjectsAnswer {
  @Shown('Folder of the checkpoint: what the names of its own objects begin with.', 'string')
  readonly path!: string;

  @Shown('SHA-256 of the manifest.', 'string')
  readonly manifestSha256!: string;

  @Shown('The manifest, then the files of the state.', [CheckpointObjectAnswer])
  readonly objects!: readonly CheckpointObject[];
}
shownType('CheckpointObjects', CheckpointObjectsAnswer);

export class BundleCodeAnswer {
  @Shown("SHA-256 of the bundle's JavaScript, hex.", 'string')
  readonly digest!: string;

  @Shown('The JavaScript.', 'string')
  readonly code!: string;

  @Shown('Its source map; null where none was uploaded.', 'string', { nullable: true })
  readonly sourceMap!: string | null;
}
shownType('BundleCode', BundleCodeAnswer);
