import { Injectable } from '@nestjs/common';
import { isTidemarkError, type GraphNode, type JobId, type OffsetChange, type TenantId } from '@tidemark/domain';
import type { OffsetChangeAnswer } from './offsets.answers.js';
import { SourceInspector } from './source-inspector.js';

/** Changes whose records are counted: to count reads what lies between. */
const COUNTED_MAX = 16;

export interface SourcesOfJob {
  readonly tenantId: TenantId;
  readonly jobId: JobId;
  readonly sources: readonly GraphNode[];
}

/** Says what other offsets come to: what is read again, and what never. */
@Injectable()
export class WeighOffsets {
  constructor(private readonly inspector: SourceInspector) {}

  async all(of: SourcesOfJob, changes: readonly OffsetChange[]): Promise<readonly OffsetChangeAnswer[]> {
    const weighed: OffsetChangeAnswer[] = [];
    for (const [index, change] of changes.entries()) weighed.push(await this.one(of, change, index < COUNTED_MAX));
    return weighed;
  }

  /** Where the source can tell. */
  private async one(
    { tenantId, jobId, sources }: SourcesOfJob,
    change: OffsetChange,
    isCounted: boolean,
  ): Promise<OffsetChangeAnswer> {
    const { source, partition, before, after } = change;
    const shown = { source, partition, before: before ?? null, after: after ?? null };
    const node = sources.find(({ uid }) => uid === source);
    const unknown = { ...shown, unit: null, recordsAgain: null, recordsSkipped: null };
    if (node === undefined) return unknown;
    try {
      return await this.inspector.look({ tenantId, jobId, node }, async (held) => {
        const [from, to] = [Math.min(before ?? 0, after ?? 0), Math.max(before ?? 0, after ?? 0)];
        const records = isCounted ? ((await held.count(partition, { from, to })) ?? null) : null;
        const isBack = (after ?? 0) < (before ?? 0);
        const [recordsAgain, recordsSkipped] = isBack ? [records, 0] : [0, records];
        return { ...shown, unit: held.unit, recordsAgain, recordsSkipped };
      });
    } catch (error) {
      // How much it is about is only of interest.
      if (isTidemarkError(error)) return unknown;
      throw error;
    }
  }
}
