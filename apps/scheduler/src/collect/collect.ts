import { ObjectStore, removeCheckpoint, removeJobObjects } from '@tidemark/checkpoint';
import type { SchedulerConfig } from '@tidemark/config';
import {
  CheckpointUpkeep,
  SchedulingStore,
  type DeletedJob,
  type KeptAnswers,
  type UnneededObjects,
} from '@tidemark/domain';
import { Inject, Injectable } from '@nestjs/common';
import { SCHEDULER_CONFIG } from '../config.js';
import { inTurn } from '../in-turn.js';
import { Announced } from './announced.js';

/** Batches that one statement drops, and statements of one pass. Each announces at once what its batches held. */
const BATCHES_MAX_PER_STATEMENT = 1_000;
const STATEMENTS_MAX_PER_PASS = 100;
/** A client repeats a request within minutes. An answer has up to 1 MiB, and a tenant asks as often as it likes. */
const KEPT_ANSWERS: KeptAnswers = {
  keptMs: 24 * 3_600_000,
  perTenant: { keys: 10_000, bytes: 64 * 1024 * 1024 },
};

/**
 * Removes what nothing needs any more. The row says so first, in the statement that checks it; then the objects go, the
 * manifest last; then the row. Of a dropped batch the row goes at once, which leaves an announcement of the objects that it
 * held. Whatever a crash leaves is found again by the next pass.
 */
@Injectable()
export class Collect {
  private readonly deletedJobs: Announced<DeletedJob>;
  private readonly unneeded: Announced<UnneededObjects>;

  constructor(
    private readonly store: SchedulingStore,
    private readonly upkeep: CheckpointUpkeep,
    private readonly objects: ObjectStore,
    @Inject(SCHEDULER_CONFIG) private readonly config: SchedulerConfig,
  ) {
    this.deletedJobs = new Announced(store, (page) => store.readDeletedJobs(page));
    this.unneeded = new Announced(store, (page) => store.readUnneededObjects(page));
  }

  /** Ends early when `signal` says so; the next pass goes on. */
  async pass(signal: AbortSignal): Promise<void> {
    const { store, upkeep, objects, config } = this;
    const steps = [
      () => this.collectCheckpoints(signal),
      // After it: what the limits allow to remove is no pressure.
      () => upkeep.judgeQuotas(),
      () => this.dropBatches(signal),
      () => this.unneeded.pass(({ paths }) => inTurn(paths, (path) => objects.remove(path), signal), signal),
      () => this.deletedJobs.pass((job) => removeJobObjects(objects, job), signal),
      () => store.pruneEvents(config.keep.events),
      () => store.pruneRuns(config.keep.runs),
      () => store.pruneDeadLetters(config.keep.deadLetters),
      () => store.pruneIdempotencyKeys(KEPT_ANSWERS),
    ];
    await inTurn(steps, (step) => step(), signal);
  }

  private async collectCheckpoints(signal: AbortSignal): Promise<void> {
    const retired = await this.store.retireCheckpoints({ perTimeline: this.config.keep.checkpoints });
    const remove = async ({ id, path }: (typeof retired)[number]): Promise<void> => {
      await removeCheckpoint(this.objects, path);
      await this.store.forgetCheckpoints([id]);
    };
    await inTurn(retired, remove, signal);
  }

  private async dropBatches(signal: AbortSignal): Promise<void> {
    const { batches: keep, checkpoints: perTimeline } = this.config.keep;
    const ask = { keep, perTimeline, limit: BATCHES_MAX_PER_STATEMENT };
    for (let statements = 0; statements < STATEMENTS_MAX_PER_PASS && !signal.aborted; statements += 1) {
      if ((await this.store.pruneBatches(ask)) < BATCHES_MAX_PER_STATEMENT) return;
    }
  }
}
