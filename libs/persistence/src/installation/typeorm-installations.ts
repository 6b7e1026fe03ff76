import {
  bundlePaths,
  IdSource,
  Installations,
  QUEUE_KINDS,
  type BundleDigest,
  type ExpectedObjects,
  type Installation,
  type InstallationId,
  type QueueId,
  type QueueKind,
  type TenantId,
} from '@tidemark/domain';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { z } from 'zod';
import { BundleRow, CheckpointRow, InstallationRow } from '../rows/index.js';

const NAME = 'this';
/** Objects of each kind by which a store is known again. */
const EXPECTED_MAX = 10;

@Injectable()
export class TypeOrmInstallations extends Installations {
  constructor(
    private readonly dataSource: DataSource,
    private readonly ids: IdSource,
  ) {
    super();
  }

  override async find(): Promise<Installation> {
    const found = await read(this.dataSource.manager);
    if (found !== undefined) return found;
    await this.dataSource.query('INSERT INTO installation (name, id) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
      NAME,
      this.ids.next('installation'),
    ]);
    return mustExist(await read(this.dataSource.manager));
  }

  override async markStore(claim: Parameters<Installations['markStore']>[0]): Promise<void> {
    await this.dataSource.transaction(async (tx) => {
      const installation = await lock(tx);
      await claim(installation, await expectedObjects(tx));
      if (!installation.storeMarked) await tx.update(InstallationRow, { name: NAME }, { storeMarkedAt: () => 'now()' });
    });
  }

  override async noteQueueUsed(queueId: QueueId, { isSighted }: { readonly isSighted: boolean }): Promise<void> {
    await this.dataSource.query(NOTE_QUEUE_USED, [NAME, queueId, isSighted, `${USED_AGAIN_AFTER_MS} ms`]);
  }

  override takeQueue(
    queueKind: QueueKind,
    mayTake: Parameters<Installations['takeQueue']>[1],
  ): Promise<QueueId | undefined> {
    return this.dataSource.transaction(async (tx) => {
      if (!(await mayTake(await lock(tx)))) return undefined;
      const queueId = this.ids.next('queue');
      const usedNow = { queueUsedAt: () => 'now()', queueSeenAt: () => 'now()' };
      await tx.update(InstallationRow, { name: NAME }, { queueKind, queueId, ...usedNow });
      return queueId;
    });
  }

  override async markQueue(queueId: QueueId, mark: () => Promise<void>): Promise<void> {
    await this.dataSource.transaction(async (tx) => {
      const { queue } = await lock(tx);
      if (queue?.id === queueId) await mark();
    });
  }
}

/** Every process says each second that it uses the queue. For all of them together, one write in this time is enough. */
const USED_AGAIN_AFTER_MS = 500;

const NOTE_QUEUE_USED = `
UPDATE installation
   SET queue_used_at = now(), queue_seen_at = CASE WHEN $3 THEN now() ELSE queue_seen_at END
 WHERE name = $1 AND queue_id = $2
   AND (queue_used_at < now() - $4::interval OR ($3 AND queue_seen_at < now() - $4::interval))`;

const READ = `
SELECT id, store_marked_at IS NOT NULL AS store_marked, queue_kind, queue_id,
       (extract(epoch FROM now() - queue_used_at) * 1000)::float8 AS silent_ms,
       (extract(epoch FROM queue_seen_at) * 1000)::float8 AS seen_at_ms
  FROM installation WHERE name = $1`;

const readRow = z.object({
  id: z.custom<InstallationId>((id) => typeof id === 'string'),
  store_marked: z.boolean(),
  queue_kind: z.enum(QUEUE_KINDS).nullable(),
  queue_id: z.custom<QueueId>((id) => typeof id === 'string').nullable(),
  silent_ms: z.number().nullable(),
  seen_at_ms: z.number().nullable(),
});

async function read(tx: EntityManager, suffix = ''): Promise<Installation | undefined> {
  const [found] = z.array(readRow).parse(await tx.query(`${READ}${suffix}`, [NAME]));
  if (found === undefined) return undefined;
  const { id, store_marked: storeMarked, queue_kind: kind, queue_id: queueId, silent_ms, seen_at_ms } = found;
  const queue =
    kind === null || queueId === null
      ? undefined
      : { kind, id: queueId, silentMs: silent_ms ?? Infinity, seenAtMs: seen_at_ms ?? 0 };
  return { id, storeMarked, queue };
}

const lock = async (tx: EntityManager): Promise<Installation> => mustExist(await read(tx, ' FOR UPDATE'));

function mustExist(installation: Installation | undefined): Installation {
  if (installation === undefined) throw new Error('The row of the installation is gone.');
  return installation;
}

async function expectedObjects(tx: EntityManager): Promise<ExpectedObjects> {
  const checkpoints = await tx.find(CheckpointRow, {
    where: { status: 'complete' },
    order: { createdAt: 'DESC' },
    take: EXPECTED_MAX,
  });
  const bundles = await tx.find(BundleRow, { order: { createdAt: 'DESC' }, take: EXPECTED_MAX });
  return {
    checkpoints: checkpoints.map(({ path }) => path),
    bundles: bundles.map(({ tenantId, digest }) => bundlePaths(tenantId as TenantId, digest as BundleDigest).code),
  };
}
