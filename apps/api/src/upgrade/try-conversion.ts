import { Injectable } from '@nestjs/common';
import { ObjectStore, readCheckpoint } from '@tidemark/checkpoint';
import { bundlePaths, type Bundle, type Checkpoint, type JobConfig, type OperatorVerdict } from '@tidemark/domain';
import { BundleInspector } from '../submit/bundle-inspector.js';
import { Turnstile } from '../submit/turnstile.js';

/** Some 10 MiB of state, or ten thousands of rows, of each operator. */
const SAMPLE_BLOCKS = 10;

/** Each takes a sandbox, with memory and a core of its own. */
const TRIALS = { what: 'deep upgrade plans', atOnce: 2, atOncePerKey: 1, waitingMax: 32, waitingMaxPerKey: 8 } as const;

/** Converts a sample of real state with the code of a bundle, and throws the result away. */
@Injectable()
export class TryConversion {
  private readonly trials = new Turnstile(TRIALS);

  constructor(
    private readonly objects: ObjectStore,
    private readonly inspector: BundleInspector,
  ) {}

  /** Throws `state_conversion_failed`, `checkpoint_unreadable` or `too_many_at_once`. */
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
    await this.trials.pass(bundle.tenantId, () =>
      this.inspector.tryConversion(
        { code: new TextDecoder().decode(code), sourceMap: undefined },
        { limits, shapes, verdicts: converted, blocks: (uid) => someOf(read.blocks(uid)) },
      ),
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
