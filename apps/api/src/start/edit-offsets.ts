import { Injectable } from '@nestjs/common';
import {
  JobStores,
  OffsetStores,
  own,
  TidemarkError,
  type EditedOffsets,
  type GraphNode,
  type JobOffsets,
  type JobId,
  type OffsetEdit,
  type PartitionOffsets,
  type StateOfEdit,
  type TenantId,
  type TraceParent,
} from '@tidemark/domain';
import { existingJob } from '../inspect/existing-job.js';
import type { OffsetEditAnswer } from './offsets.answers.js';
import type { ForgetQuery, OffsetRequest } from './offsets.requests.js';
import { SourceInspector } from './source-inspector.js';
import { SourceLooks } from './source-looks.js';
import { sourcesOf } from './sources-of-job.js';
import { WeighOffsets, type SourcesOfJob } from './weigh-offsets.js';

interface EditBy {
  readonly actor: string;
  readonly trace: TraceParent;
  readonly expectedVersion: number | undefined;
  readonly state: StateOfEdit | undefined;
  readonly dryRun: boolean | undefined;
}

/** Changes where a job at rest goes on, after every source has judged what it is to hold there. */
@Injectable()
export class EditOffsets {
  constructor(
    private readonly jobs: JobStores,
    private readonly offsets: OffsetStores,
    private readonly inspector: SourceInspector,
    private readonly looks: SourceLooks,
    private readonly weigh: WeighOffsets,
  ) {}

  set(tenantId: TenantId, id: JobId, wanted: readonly OffsetRequest[], by: EditBy): Promise<OffsetEditAnswer> {
    return this.looks.pass(tenantId, () => this.setNow(tenantId, id, wanted, by));
  }

  forget(tenantId: TenantId, id: JobId, query: ForgetQuery, by: EditBy): Promise<OffsetEditAnswer> {
    return this.looks.pass(tenantId, () => this.forgetNow(tenantId, id, query, by));
  }

  private async setNow(
    tenantId: TenantId,
    id: JobId,
    wanted: readonly OffsetRequest[],
    by: EditBy,
  ): Promise<OffsetEditAnswer> {
    const editing = await this.begin(tenantId, id);
    const set = bySource(wanted);
    const identities: (readonly [string, OffsetEdit['identities'][string]])[] = [];
    for (const [source, offsets] of Object.entries(set)) {
      const node = nodeOf(editing, source);
      const pinned = await this.inspector.look({ tenantId, jobId: id, node }, (held) => held.locate(offsets));
      identities.push([source, pinned]);
    }
    return this.apply(editing, { set, identities: Object.fromEntries(identities), forget: {} }, by);
  }

  private async forgetNow(
    tenantId: TenantId,
    id: JobId,
    { source, partition }: ForgetQuery,
    by: EditBy,
  ): Promise<OffsetEditAnswer> {
    const editing = await this.begin(tenantId, id);
    if (source === undefined && partition !== undefined) {
      const problem = 'is needed where a partition is named';
      throw new TidemarkError('validation_failed', { problems: [{ field: 'source', problem }] });
    }
    const nodes = source === undefined ? editing.sources : [nodeOf(editing, source)];
    // A source that can only be read on has no start to begin at.
    for (const node of nodes) await this.inspector.look({ tenantId, jobId: id, node }, () => Promise.resolve());
    const known = await this.offsets.forTenant(tenantId).read(id);
    if (source !== undefined && partition !== undefined && !isKnown(known, source, partition))
      throw new TidemarkError('partition_unknown', { source, partition });
    const forget = Object.fromEntries(
      nodes.map(({ uid = '' }) => [uid, partition === undefined ? ('all' as const) : [partition]]),
    );
    return this.apply(editing, { set: {}, identities: {}, forget }, by);
  }

  private async begin(tenantId: TenantId, jobId: JobId): Promise<SourcesOfJob> {
    const store = this.jobs.forTenant(tenantId);
    const job = await existingJob(store, jobId);
    return { tenantId, jobId, sources: await sourcesOf(store, job, job.revision) };
  }

  private async apply(editing: SourcesOfJob, edit: OffsetEdit, by: EditBy): Promise<OffsetEditAnswer> {
    const { actor, trace, expectedVersion, state = 'keep', dryRun = false } = by;
    const { tenantId, jobId } = editing;
    const store = this.offsets.forTenant(tenantId);
    const edited = editedOffsets(
      jobId,
      await store.edit(jobId, edit, { actor, trace, state, dryRun, expectedVersion }),
    );
    const changes = await this.weigh.all(editing, edited.changes);
    const { timeline, checkpointId = null, abandoned: abandonedBatchIds } = edited;
    return { dryRun, timeline, checkpointId, changes, abandonedBatchIds };
  }
}

/** Of a partition that the job had not seen where it has gone back to, it may be known what is to be there. */
const isKnown = (of: JobOffsets | undefined, source: string, partition: string): boolean =>
  own(own(of?.offsets ?? {}, source) ?? {}, partition) !== undefined ||
  own(own(of?.identities ?? {}, source) ?? {}, partition) !== undefined;

function nodeOf({ sources }: SourcesOfJob, source: string): GraphNode {
  const node = sources.find(({ uid }) => uid === source);
  if (node !== undefined) return node;
  throw new TidemarkError('source_unknown', { source, sources: sources.map(({ uid = '' }) => uid) });
}

function bySource(wanted: readonly OffsetRequest[]): { readonly [sourceUid: string]: PartitionOffsets } {
  const sources = new Map<string, Map<string, number>>();
  for (const { source, partition, offset } of wanted) {
    if (!Number.isSafeInteger(offset) || offset < 0)
      throw new TidemarkError('offset_not_whole', { source, partition, offset });
    const partitions = sources.get(source) ?? new Map<string, number>();
    if (partitions.has(partition)) {
      const problem = `names ${partition} of "${source}" twice`;
      throw new TidemarkError('validation_failed', { problems: [{ field: 'offsets', problem }] });
    }
    sources.set(source, partitions.set(partition, offset));
  }
  return Object.fromEntries([...sources].map(([uid, partitions]) => [uid, Object.fromEntries(partitions)]));
}

/** What an edit has come to. Throws the catalogue's error for one that was refused. */
function editedOffsets(jobId: JobId, edited: EditedOffsets): Extract<EditedOffsets, { outcome: 'edited' }> {
  switch (edited.outcome) {
    case 'edited':
      return edited;
    case 'refused':
      throw new TidemarkError('offsets_in_use', { jobId, status: edited.status });
    case 'rolls_back':
      throw new TidemarkError('rollback_pending', { jobId, checkpointId: edited.checkpointId });
    case 'no_checkpoint': {
      const { newestBatchId, lastBatchId } = edited;
      const newest = newestBatchId === undefined ? {} : { checkpointBatchId: newestBatchId };
      throw new TidemarkError('state_not_at_last_commit', { jobId, lastBatchId, ...newest });
    }
    case 'changed_meanwhile':
      throw new TidemarkError('job_changed_meanwhile', { jobId });
    case 'not_found':
      throw new TidemarkError('thing_not_found', { thing: 'job', id: jobId });
  }
}
