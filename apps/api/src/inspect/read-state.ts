import { Injectable, Logger } from '@nestjs/common';
import {
  differenceCounts,
  differences,
  ObjectStore,
  rowCursor,
  StateView,
  type RowPosition,
  type StatePair,
} from '@tidemark/checkpoint';
import {
  isTidemarkError,
  JobStores,
  TidemarkError,
  type Checkpoint,
  type CheckpointId,
  type CheckpointStatus,
  type JobId,
  type TenantId,
} from '@tidemark/domain';
import { Turnstile } from '../submit/turnstile.js';
import type { PageAnswer } from '../transport/paging.js';
import type { Sending } from '../transport/sending.js';
import { existingJob } from './existing-job.js';
import {
  showCounts,
  showDifference,
  showStateRow,
  type CheckpointDiffAnswer,
  type StateDifferenceAnswer,
  type StateRowAnswer,
} from './state.answers.js';
import { keysMeant, rowAfter, type DifferenceListQuery, type StateQuery } from './state.requests.js';

const READINGS = {
  ...{ what: 'looks at state', atOnce: 2, atOncePerKey: 1 },
  ...{ waitingMax: 64, waitingMaxPerKey: 16 },
  // A page lies in memory until it was sent, and a row on it may be as long as a record.
  ...{ keptMax: 6, keptMaxPerKey: 2 },
} as const;
/** Characters of keys and values on one page, beyond the first row. */
const PAGE_CHARS_MAX = 4 * 1024 * 1024;

/** A job of one tenant, and the answer to whoever asks. */
interface Asked {
  readonly tenantId: TenantId;
  readonly id: JobId;
  readonly sending: Sending;
}

/** Shows the state that lies in checkpoints. Runs none of the job's code. */
@Injectable()
export class ReadState {
  /** Each reads whole files: a second of work and some hundred MiB, for a million keys. */
  private readonly readings = new Turnstile(READINGS);
  private readonly log = new Logger('api');

  constructor(
    private readonly stores: JobStores,
    private readonly objects: ObjectStore,
  ) {}

  async rows(asked: Asked, checkpointId: CheckpointId, query: StateQuery): Promise<PageAnswer<StateRowAnswer>> {
    const after = rowAfter(query);
    const keys = query.key === undefined ? undefined : keysMeant(query.key);
    return this.reading(asked, [checkpointId], async (views) => {
      const view = viewOf(views);
      const { operator, table, limit: rowsMax } = query;
      refuseUnknown(operator, [[checkpointId, view]]);
      const range = await view.rows(operator, { after, table, keys, rowsMax, charsMax: PAGE_CHARS_MAX });
      if (range.rows.length === 0 && query.key !== undefined && after === undefined && range.upTo === undefined) {
        throw new TidemarkError('state_key_not_found', { checkpointId, operator, key: query.key });
      }
      return { items: range.rows.map(showStateRow), next: nextOf(range) };
    });
  }

  async differences(
    asked: Asked,
    ids: readonly [CheckpointId, CheckpointId],
    query: DifferenceListQuery,
  ): Promise<PageAnswer<StateDifferenceAnswer>> {
    const after = rowAfter(query);
    return this.reading(asked, ids, async (views) => {
      const pair = pairOf(views);
      const { operator, table, limit: differencesMax } = query;
      refuseUnknown(operator, [
        [ids[0], pair.before],
        [ids[1], pair.after],
      ]);
      const found = await differences(pair, operator, { after, table, differencesMax });
      return { items: found.items.map(showDifference), next: nextOf(found) };
    });
  }

  async counts(asked: Asked, ids: readonly [CheckpointId, CheckpointId]): Promise<CheckpointDiffAnswer> {
    return this.reading(asked, ids, async (views) => {
      const pair = pairOf(views);
      const operators = [...(await differenceCounts(pair))].map(([uid, counts]) =>
        showCounts(uid, { before: pair.before.kindOf(uid), after: pair.after.kindOf(uid) }, counts),
      );
      return { operators };
    });
  }

  /** Opens the checkpoints and does the work, in its turn. Throws what says why one cannot be looked at. */
  private async reading<T>(
    { tenantId, id, sending }: Asked,
    ids: readonly CheckpointId[],
    work: (views: readonly StateView[]) => Promise<T>,
  ): Promise<T> {
    const store = this.stores.forTenant(tenantId);
    await existingJob(store, id);
    const find = async (): Promise<readonly CompleteCheckpoint[]> =>
      Promise.all(ids.map(async (each) => completeCheckpoint(each, await store.findCheckpoint(id, each))));
    await find();
    const read = async (): Promise<T> => {
      // Again: one may have been deleted while others had their turn.
      const found = await find();
      try {
        return await work(await Promise.all(found.map((checkpoint) => this.open(checkpoint))));
      } catch (error) {
        if (!isDamage(error)) throw error;
        // What was deleted while it was read is not damaged.
        await find();
        this.log.warn({ message: 'state cannot be read', jobId: id, reason: error.message });
        throw new TidemarkError('checkpoint_corrupt', { checkpointId: damagedOf(found, error) }, { cause: error });
      }
    };
    return this.readings.pass(tenantId, read, sending);
  }

  private open({ path, manifestSha256, shapes }: CompleteCheckpoint): Promise<StateView> {
    const schemas = Object.fromEntries(Object.entries(shapes).map(([uid, { schema }]) => [uid, schema]));
    return StateView.open(this.objects, path, { manifestSha256, schemas });
  }
}

export type CompleteCheckpoint = Checkpoint & { readonly manifestSha256: string };

const NOT_COMPLETE = {
  pending: 'checkpoint_pending',
  corrupt: 'checkpoint_corrupt',
  deleted: 'checkpoint_deleted',
} as const satisfies Record<Exclude<CheckpointStatus, 'complete'>, string>;

/** The checkpoint, if its objects can be read. Throws what says why not. */
export function completeCheckpoint(checkpointId: CheckpointId, found: Checkpoint | undefined): CompleteCheckpoint {
  if (found === undefined) throw new TidemarkError('thing_not_found', { thing: 'checkpoint', id: checkpointId });
  const { status, manifestSha256 } = found;
  if (status !== 'complete') throw new TidemarkError(NOT_COMPLETE[status], { checkpointId });
  if (manifestSha256 === undefined) throw new TidemarkError('checkpoint_pending', { checkpointId });
  return { ...found, manifestSha256 };
}

/** One of the checkpoints must have state of the operator. */
function refuseUnknown(operator: string, views: readonly (readonly [CheckpointId, StateView])[]): void {
  if (views.some(([, view]) => view.kindOf(operator) !== undefined)) return;
  const operators = [...new Set(views.flatMap(([, view]) => view.uids()))];
  const checkpointId = views.map(([id]) => id).join(' or ');
  throw new TidemarkError('state_operator_unknown', { checkpointId, operator, operators });
}

const pairOf = (views: readonly StateView[]): StatePair => ({ before: viewOf(views), after: viewOf(views.slice(1)) });

function viewOf([view]: readonly StateView[]): StateView {
  if (view === undefined) throw new TypeError('A checkpoint was not opened.');
  return view;
}

const nextOf = ({ upTo }: { readonly upTo: RowPosition | undefined }): string | null =>
  upTo === undefined ? null : rowCursor(upTo);

/** Texts that are no JSON can only come from a job that has broken out of its sandbox. */
const isDamage = (error: unknown): error is Error =>
  error instanceof SyntaxError || (isTidemarkError(error) && error.code === 'checkpoint_unreadable');

/** Which of the checkpoints an error speaks of. */
const damagedOf = (checkpoints: readonly CompleteCheckpoint[], error: Error): string => {
  const { path } = (isTidemarkError(error) ? (error.params ?? {}) : {}) as { readonly path?: unknown };
  const damaged = checkpoints.filter((checkpoint) => checkpoint.path === path);
  return (damaged.length > 0 ? damaged : checkpoints).map(({ id }) => id).join(' or ');
};
