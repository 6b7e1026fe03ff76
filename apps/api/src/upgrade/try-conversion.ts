import { Injectable } from '@nestjs/common';
import { ObjectStore, readCheckpoint } from '@tidemark/checkpoint';
import { bundlePaths, type Bundle, type Checkpoint, type JobConfig, type OperatorVerdict } from '@tidemark/domain';
import { BundleInspector } from '../submit/bundle-inspector.js';

/** Some 10 MiB of state, or ten thousands of rows, of each operator. */
const SAMPLE_BLOCKS = 10;

/** Converts a sample of real state with the code of a bundle, and throws the result away. */
@Injectable()
export class TryConversion {
  constructor(
    private readonly objects: ObjectStore,
    private readonly inspector: BundleInspector,
  ) {}

  /** Throws `state_conversion_failed`, or `checkpoint_unreadable`. */
  async run(what: {
    readonly bundle: Bundle;
    readonly limits: JobConfig['limits'];
    readonly checkpoint: Checkpoint;
    readonly verdicts: readonly OperatorVerdict[];
  }): Promise<void> {
    const { bundle, limits, checkpoint, verdicts } = what;
    const { path, manifestSha256, shapes } = checkpoint;
    if (manifestSha256 === undefined) return;
    const converted = verdicts.filter(({ verdict }) => verdict === 'evolve' || verdict === 'migrate');
    if (converted.length === 0) return;
    const read = await readCheckpoint(this.objects, path, manifestSha256);
    const code = await this.objects.get(bundlePaths(bundle.tenantId, bundle.digest).code);
    await this.inspector.tryConversion(
      { code: new TextDecoder().decode(code), sourceMap: undefined },
      { limits, shapes, verdicts: converted, blocks: (uid) => someOf(read.blocks(uid)) },
    );
  }
}

async function* someOf<T>(all: AsyncIterable<T>): AsyncIterable<T> {
  let count = 0;
  for await (const one of all) {
    yield one;
    count += 1;
    if (count >= SAMPLE_BLOCKS) return;
  }
}
