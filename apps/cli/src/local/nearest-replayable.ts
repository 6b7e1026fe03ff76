import { TidemarkApiError, type Checkpoint, type Tidemark } from '@tidemark/sdk';
import { UserError } from '../terminal.js';
import { chooseBaseBefore, type BaseCandidate } from './choose-base.js';
import { checkpointsOn, recordedOn, type RecordedBatches, type RecordedJob } from './recordings.js';
import { inputOrReason } from './run-both.js';

/** How many batches are looked at for one that can be run, and how many inputs are asked for. */
const CANDIDATES_MAX = 200;
const INPUTS_MAX = 30;

interface Wanted {
  readonly job: RecordedJob & { readonly name: string };
  readonly batchId: number;
  /** The batch that stands in the way: this one, or one between its checkpoint and it. */
  readonly withheld: number;
  readonly reason: string;
  /** What the batch would have been run from, where that is known. */
  readonly base?: BaseCandidate | undefined;
}

/** Why a batch cannot be run again, and which one near to it can. */
export async function cannotReplay(service: Tidemark, wanted: Wanted): Promise<UserError> {
  const { job, batchId, withheld, reason, base } = wanted;
  const between = base === undefined ? 'before it' : `between checkpoint ${base.id} and it`;
  const culprit = withheld === batchId ? 'it' : `batch ${withheld}, ${between},`;
  const nearest = await nearestReplayable(service, wanted);
  const next =
    nearest === undefined
      ? `None near to it can: "tidemark batches ${job.name} --timeline ${job.timeline}" lists those that are kept, with what each has set aside.`
      : `The nearest that can is batch ${nearest}: "tidemark replay ${job.name} ${nearest} --timeline ${job.timeline}".`;
  return new UserError(`Batch ${batchId} of ${job.name} cannot be run again: ${culprit} ${reason}. ${next}`);
}

async function nearestReplayable(service: Tidemark, { job, batchId, withheld }: Wanted): Promise<number | undefined> {
  const checkpoints = await checkpointsOn(service, job);
  const from = startOf(checkpoints, batchId);
  const recorded = await recordedOn(service, job, checkpoints, (listed) => listed.batchId <= from + 1);
  const inputs = new Inputs(service, job, new Set([...recorded.setAside, withheld]));
  for (const candidate of candidatesFor(recorded, batchId)) {
    const base = chooseBaseBefore(recorded, candidate);
    if (base !== undefined && (await inputs.areAllThere(base.batches))) return candidate;
    if (inputs.isSpent) return undefined;
  }
  return undefined;
}

/** Batches before the one that is wanted may be run from its checkpoint, or from the one before that. */
function startOf(checkpoints: readonly Checkpoint[], batchId: number): number {
  const [, second] = checkpoints.filter((checkpoint) => checkpoint.batchId < batchId);
  return second?.batchId ?? 0;
}

/** Those that have read something, the nearest first, a later one before an earlier one. */
const candidatesFor = ({ filled }: RecordedBatches, wanted: number): readonly number[] =>
  [...filled]
    .filter((batchId) => batchId !== wanted)
    .sort((a, b) => Math.abs(a - wanted) - Math.abs(b - wanted) || b - a)
    .slice(0, CANDIDATES_MAX);

/** Asks for what batches have read, for each of them once. */
class Inputs {
  private readonly there = new Set<number>();
  private asked = 0;

  constructor(
    private readonly service: Tidemark,
    private readonly job: RecordedJob,
    private readonly withheld: Set<number>,
  ) {}

  get isSpent(): boolean {
    return this.asked >= INPUTS_MAX;
  }

  async areAllThere(batches: readonly number[]): Promise<boolean> {
    if (batches.some((batchId) => this.withheld.has(batchId))) return false;
    // The batch itself first, which nobody has asked for yet.
    for (const batchId of batches.toReversed()) {
      if (this.there.has(batchId)) continue;
      if (this.isSpent) return false;
      if (!(await this.isThere(batchId))) {
        this.withheld.add(batchId);
        return false;
      }
      this.there.add(batchId);
    }
    return true;
  }

  private async isThere(batchId: number): Promise<boolean> {
    this.asked += 1;
    try {
      return !('reason' in (await inputOrReason(this.service, this.job, batchId)));
    } catch (error) {
      // What its source no longer holds cannot be run either.
      if (error instanceof TidemarkApiError) return false;
      throw error;
    }
  }
}
