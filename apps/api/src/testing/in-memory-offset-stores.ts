import {
  AT_REST_STATUSES,
  editOffsets,
  OffsetStores,
  type EditedOffsets,
  type JobId,
  type JobOffsets,
  type JobStatus,
  type OffsetEdit,
  type OffsetStore,
  type StartMode,
  type StartPreview,
  type TenantId,
} from '@tidemark/domain';
import type { InMemoryJobStores } from './in-memory-job-stores.js';

type EditBy = Parameters<OffsetStore['edit']>[2];

/** Where the jobs of a test stand; what is edited is noted. */
export class InMemoryOffsetStores extends OffsetStores {
  readonly standing = new Map<JobId, JobOffsets>();
  readonly edits: { readonly edit: OffsetEdit; readonly by: EditBy }[] = [];
  readonly previewed: { readonly revision?: number | undefined; readonly startMode?: StartMode | undefined }[] = [];
  /** What is said of an edit that the job's status allows, in place of doing it. */
  refusal: EditedOffsets | undefined;

  constructor(private readonly jobs: InMemoryJobStores) {
    super();
  }

  override forTenant(tenantId: TenantId): OffsetStore {
    return {
      read: async (id) => {
        const job = await this.jobs.forTenant(tenantId).find(id);
        if (job === undefined) return undefined;
        const { timeline, lastBatch } = job;
        return { timeline, batchId: lastBatch?.batchId ?? 0, readBy: {}, ...this.standingOf(id) };
      },
      edit: (id, edit, by) => this.edit(tenantId, id, edit, by),
      preview: async (id, of) => {
        this.previewed.push(of);
        return (await this.jobs.forTenant(tenantId).find(id)) === undefined ? undefined : PREVIEW;
      },
    };
  }

  private async edit(tenantId: TenantId, id: JobId, edit: OffsetEdit, by: EditBy): Promise<EditedOffsets> {
    const job = await this.jobs.forTenant(tenantId).find(id);
    if (job === undefined) return { outcome: 'not_found' };
    const { status, timeline, version } = job;
    if (by.expectedVersion !== undefined && by.expectedVersion !== version) return { outcome: 'changed_meanwhile' };
    if (!(AT_REST_STATUSES as readonly JobStatus[]).includes(status)) return { outcome: 'refused', status };
    if (this.refusal !== undefined) return this.refusal;
    this.edits.push({ edit, by });
    const { changes, ...edited } = editOffsets(this.standingOf(id), edit);
    if (!by.dryRun) this.standing.set(id, edited);
    return { outcome: 'edited', changes, timeline: timeline + 1, checkpointId: undefined, abandoned: [] };
  }

  private standingOf(id: JobId): JobOffsets {
    return this.standing.get(id) ?? { offsets: {}, identities: {} };
  }
}

const PREVIEW: StartPreview = {
  trigger: 'resume',
  policy: 'ask',
  candidates: [],
  verdict: { outcome: 'start', from: { kind: 'beginning' }, reasonCode: 'NOTHING_COMMITTED' },
};
