import { Injectable } from '@nestjs/common';
import {
  isId,
  isTidemarkError,
  JobStores,
  TidemarkError,
  type Job,
  type GraphNode,
  type SourceIdentities,
  type SourceOffsets,
  type StartMode,
  type TenantId,
} from '@tidemark/domain';
import { SourceInspector, type SourceOfJob } from './source-inspector.js';
import { SourceLooks } from './source-looks.js';
import { sourcesOf } from './sources-of-job.js';
import type { StartRequest } from './start.requests.js';

/** Makes of a request what can be decided about: a checkpoint that is there, or offsets that the sources have found. */
@Injectable()
export class FindStart {
  constructor(
    private readonly stores: JobStores,
    private readonly inspector: SourceInspector,
    private readonly looks: SourceLooks,
  ) {}

  /**
   * Undefined where the newest checkpoint is meant. Throws `validation_failed`, `thing_not_found`,
   * `checkpoint_not_restorable`, `start_mode_unsupported`,
   * `too_many_at_once`, and what the sources throw.
   */
  async run(
    tenantId: TenantId,
    job: Job,
    request: StartRequest,
    revision: number = job.revision,
  ): Promise<StartMode | undefined> {
    const { from: mode = 'latest-checkpoint', checkpointId, timestamp } = request;
    demandFor('checkpoint', mode, 'checkpointId', checkpointId);
    demandFor('timestamp', mode, 'timestamp', timestamp);
    switch (mode) {
      case 'latest-checkpoint':
        return undefined;
      case 'offsets-only':
        return { mode };
      case 'checkpoint':
        return this.checkpoint(tenantId, job, checkpointId ?? '');
      case 'earliest':
      case 'latest':
        return { mode, ...(await this.seek(tenantId, job, revision, mode)) };
      case 'timestamp': {
        const timestampMs = timeIn(timestamp ?? '');
        return { mode, timestampMs, ...(await this.seek(tenantId, job, revision, { timestampMs })) };
      }
    }
  }

  private async checkpoint(tenantId: TenantId, job: Job, checkpointId: string): Promise<StartMode> {
    const known = isId('checkpoint', checkpointId)
      ? await this.stores.forTenant(tenantId).findCheckpoint(job.id, checkpointId)
      : undefined;
    if (known === undefined) throw new TidemarkError('thing_not_found', { thing: 'checkpoint', id: checkpointId });
    const { id, status } = known;
    if (status !== 'complete') throw new TidemarkError('checkpoint_not_restorable', { checkpointId: id, status });
    return { mode: 'checkpoint', checkpointId: id };
  }

  private async seek(
    tenantId: TenantId,
    job: Job,
    revision: number,
    to: 'earliest' | 'latest' | { readonly timestampMs: number },
  ): Promise<{ readonly offsets: SourceOffsets; readonly identities: SourceIdentities }> {
    const nodes = await sourcesOf(this.stores.forTenant(tenantId), job, revision);
    const found = await this.looks.pass(tenantId, () =>
      Promise.all(nodes.map((node) => this.seekIn({ tenantId, jobId: job.id, node }, to))),
    );
    const offsets = Object.fromEntries(found.map((each) => [each.uid, each.offsets]));
    return { offsets, identities: Object.fromEntries(found.map((each) => [each.uid, each.identities])) };
  }

  private async seekIn(source: SourceOfJob, to: 'earliest' | 'latest' | { readonly timestampMs: number }) {
    const uid = uidOf(source.node);
    try {
      return { uid, ...(await this.inspector.look(source, (offsets) => offsets.seek(to))) };
    } catch (error) {
      if (!isTidemarkError(error) || error.code !== 'offsets_not_settable') throw error;
      const mode = typeof to === 'string' ? to : 'timestamp';
      const reason = 'it can only be read on from where it is';
      throw new TidemarkError('start_mode_unsupported', { source: uid, mode, reason }, { cause: error });
    }
  }
}

const uidOf = ({ uid }: GraphNode): string => uid ?? '';

function demandFor(needs: string, mode: string, field: string, value: string | undefined): void {
  if ((mode === needs) === (value !== undefined)) return;
  const problem = value === undefined ? `is needed for "from": "${needs}"` : `is only for "from": "${needs}"`;
  throw new TidemarkError('validation_failed', { problems: [{ field, problem }] });
}

function timeIn(text: string): number {
  const timeMs = /^\d{4}-\d{2}-\d{2}(T|$)/.test(text) ? Date.parse(text) : NaN;
  if (Number.isFinite(timeMs)) return timeMs;
  const problem = 'must be an ISO 8601 time, for example 2026-01-31T12:00:00Z';
  throw new TidemarkError('validation_failed', { problems: [{ field: 'timestamp', problem }] });
}
