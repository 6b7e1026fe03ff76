import type { Checkpoint, Tidemark } from '@tidemark/sdk';
import { UserError } from '../terminal.js';
import { chooseBase, chooseFilledBase, type Base } from './choose-base.js';
import { recordedOn, type Listed, type RecordedBatches, type RecordedJob } from './recordings.js';
import { inputOrReason } from './run-both.js';

type NamedJob = RecordedJob & { readonly name: string };

/**
 * What batches are run again from, so that at least one of them has read something and can be run. Looks as far back as batches
 * are kept. Throws `UserError` where there is none.
 *
 * @param checkpoints those that both bundles take over, newest first.
 */
export async function findBase(
  service: Tidemark,
  job: NamedJob,
  checkpoints: readonly Checkpoint[],
  wanted: number,
): Promise<Base> {
  const withheld = new Set<number>();
  for (;;) {
    const isUsable = (batchId: number): boolean => !withheld.has(batchId);
    const recorded = await recordedOn(service, job, checkpoints, (listed) =>
      reachesBack(listed, { checkpoints, wanted, isUsable }),
    );
    const usable = new Set([...recorded.filled].filter(isUsable));
    const base = chooseFilledBase(recorded, wanted, usable);
    if (base === undefined) throw nothingToRun(job, recorded, { wanted, withheld: withheld.size });
    // Which batches have read again what had been set aside is known only once they are asked for.
    for (const batchId of base.batches.filter((each) => usable.has(each))) {
      if (!('reason' in (await inputOrReason(service, job, batchId)))) return base;
      withheld.add(batchId);
    }
  }
}

/** Back to the checkpoint that will be chosen, and to one before a batch that has read something. */
function reachesBack(
  { newest, batchId, filled }: Listed,
  {
    checkpoints,
    wanted,
    isUsable,
  }: {
    readonly checkpoints: readonly Checkpoint[];
    readonly wanted: number;
    readonly isUsable: (batchId: number) => boolean;
  },
): boolean {
  const oldest = checkpoints.at(-1)?.batchId ?? 0;
  const chosen = checkpoints.find((one) => newest - one.batchId >= wanted)?.batchId ?? oldest;
  if (batchId > chosen + 1 || !checkpoints.some((one) => one.batchId === batchId - 1)) return false;
  return [...filled].some(isUsable);
}

function nothingToRun(
  { name, timeline }: NamedJob,
  recorded: RecordedBatches,
  { wanted, withheld }: { readonly wanted: number; readonly withheld: number },
): UserError {
  const instead = 'or judge the form of its state alone with --verdicts-only.';
  const any = chooseBase(recorded, wanted);
  if (any === undefined || any.batches.length === 0) {
    return new UserError(
      `Nothing of ${name} can be run again: on timeline ${timeline} there is no batch after a complete checkpoint ` +
        `that both bundles take over. Try again when it has run on for a while, ${instead}`,
    );
  }
  const passedOver = recorded.setAside.size + withheld;
  const others =
    passedOver === 0
      ? ''
      : ` Passed over: ${passedOver} that cannot be run again, as they have set records aside, have read such records again, ` +
        'or have read more than is sent.';
  return new UserError(
    `No output of ${name} can be compared: of the ${recorded.batches.length} batches that are kept on timeline ${timeline}, ` +
      `none that can be run again from a checkpoint has read a record.${others} Try again when the job has read some, ${instead}`,
  );
}
