import { Injectable } from '@nestjs/common';
import type { SeekableOffsets } from '@tidemark/connectors';
import {
  identitiesGoingBack,
  isId,
  isTidemarkError,
  JobStores,
  OffsetStores,
  own,
  TidemarkError,
  type CommittedOffsets,
  type GraphNode,
  type JobId,
  type TenantId,
} from '@tidemark/domain';
import { existingJob } from '../inspect/existing-job.js';
import type { OffsetsAnswer, PartitionOffsetsAnswer, SourceOffsetsAnswer } from './offsets.answers.js';
import { SourceInspector } from './source-inspector.js';
import { SourceLooks } from './source-looks.js';
import { sourcesOf } from './sources-of-job.js';

type Extent = Awaited<ReturnType<SeekableOffsets['extent']>>;
type Looked = Pick<SourceOffsetsAnswer, 'unit' | 'problem'> & { readonly extent: Extent };

/** Offsets beside what the sources hold. A source that cannot be looked at says why, and hides nothing of the others. */
@Injectable()
export class ShowOffsets {
  constructor(
    private readonly jobs: JobStores,
    private readonly offsets: OffsetStores,
    private readonly inspector: SourceInspector,
    private readonly looks: SourceLooks,
  ) {}

  ofJob(tenantId: TenantId, id: JobId): Promise<OffsetsAnswer> {
    return this.looks.pass(tenantId, () => this.showJob(tenantId, id));
  }

  ofCheckpoint(tenantId: TenantId, id: JobId, checkpointId: string): Promise<OffsetsAnswer> {
    return this.looks.pass(tenantId, () => this.showCheckpoint(tenantId, id, checkpointId));
  }

  private async showJob(tenantId: TenantId, id: JobId): Promise<OffsetsAnswer> {
    const committed = await this.offsets.forTenant(tenantId).read(id);
    if (committed === undefined) throw new TidemarkError('thing_not_found', { thing: 'job', id });
    return this.show(tenantId, id, committed);
  }

  private async showCheckpoint(tenantId: TenantId, id: JobId, checkpointId: string): Promise<OffsetsAnswer> {
    const store = this.jobs.forTenant(tenantId);
    await existingJob(store, id);
    const checkpoint = isId('checkpoint', checkpointId) ? await store.findCheckpoint(id, checkpointId) : undefined;
    if (checkpoint === undefined) throw new TidemarkError('thing_not_found', { thing: 'checkpoint', id: checkpointId });
    const { timeline, batchId, offsets, identities = {} } = checkpoint;
    const committed = await this.offsets.forTenant(tenantId).read(id);
    // As a start from there would have them.
    const known = identitiesGoingBack({ offsets, identities }, committed ?? { offsets: {}, identities: {} });
    return this.show(tenantId, id, { timeline, batchId, offsets, identities: known, readBy: {} });
  }

  private async show(tenantId: TenantId, id: JobId, committed: CommittedOffsets): Promise<OffsetsAnswer> {
    const store = this.jobs.forTenant(tenantId);
    const job = await existingJob(store, id);
    const nodes = await sourcesOf(store, job, job.revision);
    const sources = await Promise.all(
      nodes.map(async (node) => showSource(node, await this.look(tenantId, id, node, committed), committed)),
    );
    const { timeline, batchId } = committed;
    return { timeline, batchId, sources };
  }

  private async look(tenantId: TenantId, jobId: JobId, node: GraphNode, committed: CommittedOffsets): Promise<Looked> {
    const uid = node.uid ?? '';
    const stand = { offsets: own(committed.offsets, uid) ?? {}, identities: own(committed.identities, uid) ?? {} };
    try {
      return await this.inspector.look({ tenantId, jobId, node }, async (source) => {
        const { unit } = source;
        const problem = await problemOf(source.check(stand));
        return { unit, problem, extent: await source.extent() };
      });
    } catch (error) {
      return { unit: null, problem: sayProblem(error), extent: {} };
    }
  }
}

async function problemOf(check: Promise<void>): Promise<Looked['problem']> {
  try {
    await check;
    return null;
  } catch (error) {
    return sayProblem(error);
  }
}

function sayProblem(error: unknown): Looked['problem'] {
  if (!isTidemarkError(error)) throw error;
  // It is a property of the source, and no problem.
  if (error.code === 'offsets_not_settable') return null;
  return { code: error.code, message: error.message };
}

function showSource(node: GraphNode, looked: Looked, { offsets, readBy }: CommittedOffsets): SourceOffsetsAnswer {
  const source = node.uid ?? '';
  const { unit, problem, extent } = looked;
  const committed = own(offsets, source) ?? {};
  const names = [...new Set([...Object.keys(committed), ...Object.keys(extent)])].sort();
  const partitions = names.map((partition): PartitionOffsetsAnswer => {
    const at = own(committed, partition);
    const { earliest, latest } = own(extent, partition) ?? {};
    return {
      partition,
      committed: at ?? null,
      sinceBatchId: own(own(readBy, source) ?? {}, partition) ?? null,
      earliest: earliest ?? null,
      latest: latest ?? null,
      lag: latest === undefined ? null : Math.max(0, latest - (at ?? earliest ?? 0)),
    };
  });
  return { source, unit, problem, partitions };
}
