import type {
  BundleDigest,
  JobConfig,
  JobId,
  RequestId,
  TenantId,
  TraceParent,
  UpgradeOptions,
} from '@tidemark/domain';
import type { EntityManager } from 'typeorm';
import { announceWork, appendEvents } from '../announce.js';
import { JobRow, RevisionRow } from '../rows/index.js';

/** A job that is to be, with its first revision. */
export interface JobToBe {
  readonly id: JobId;
  readonly tenantId: TenantId;
  readonly name: string;
  readonly bundleDigest: BundleDigest;
  readonly config: JobConfig;
  readonly options?: UpgradeOptions;
  /** Where its first timeline begins, of one that does not begin at the beginning. */
  readonly base?: Partial<
    Pick<
      JobRow,
      | 'baseBatchId'
      | 'baseBatchTimeMs'
      | 'baseOffsets'
      | 'baseIdentities'
      | 'readByOthers'
      | 'baseCheckpointId'
      | 'startTrigger'
    >
  >;
  /** What its first event says beside that. */
  readonly origin?: object;
}

/** Writes job, revision 1 and the announcement of them; false where the name is taken, or the request has made one already. */
export async function insertJob(
  tx: EntityManager,
  { id, tenantId, name, bundleDigest, config, options, base = {}, origin = {} }: JobToBe,
  by: { readonly actor: string; readonly trace: TraceParent; readonly requestId?: RequestId | undefined },
): Promise<boolean> {
  const requestId = by.requestId ?? null;
  const inserted = await tx
    .createQueryBuilder()
    .insert()
    .into(JobRow)
    .values({
      ...{ id, tenantId, name, desired: 'running', status: 'submitted', revision: 1 },
      ...{ startActor: by.actor, trace: by.trace ?? null, requestId },
      ...(base as object),
    })
    .orIgnore()
    .returning('id')
    .execute();
  if ((inserted.raw as unknown[]).length === 0) return false;
  await tx.insert(RevisionRow, {
    ...{ jobId: id, number: 1, tenantId, bundleDigest, config: config as object, requestId },
    ...(options === undefined ? {} : { options: options as object }),
  });
  await appendEvents(tx, { tenantId, jobId: id }, [
    { type: 'job.submitted', data: { revision: 1, bundleDigest, actor: by.actor, ...origin } },
  ]);
  await announceWork(tx);
  return true;
}
