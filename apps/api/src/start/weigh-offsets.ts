import { Injectable } from '@nestjs/common';
import type { SeekableOffsets } from '@tidemark/connectors';
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

  /**
   * Source by source, each of which is opened once: to open one may read a whole folder. Whoever calls is in a
   * {@link SourceLooks} already.
   */
  async all(of: SourcesOfJob, changes: readonly OffsetChange[]): Promise<readonly OffsetChangeAnswer[]> {
    const counted = new Set(changes.slice(0, COUNTED_MAX));
    const weighed: (readonly OffsetChangeAnswer[])[] = [];
    for (const [uid, ofSource] of Map.groupBy(changes, ({ source }) => source)) {
      const node = of.sources.find((each) => each.uid === uid);
      const found = node === undefined ? undefined : await this.inSource(of, node, { changes: ofSource, counted });
      weighed.push(found ?? ofSource.map(unknown));
    }
    return weighed.flat();
  }

  /** Undefined where the source cannot tell: how much it is about is only of interest. */
  private inSource(
    { tenantId, jobId }: SourcesOfJob,
    node: GraphNode,
    { changes, counted }: { readonly changes: readonly OffsetChange[]; readonly counted: ReadonlySet<OffsetChange> },
  ): Promise<readonly OffsetChangeAnswer[] | undefined> {
    const look = this.inspector.look({ tenantId, jobId, node }, async (held) => {
      const weighed: OffsetChangeAnswer[] = [];
      for (const change of changes) {
        const one = await orUndefined(weighOne(held, change, { isCounted: counted.has(change) }));
        weighed.push(one ?? unknown(change));
      }
      return weighed;
    });
    return orUndefined(look);
  }
}

async function weighOne(
  held: SeekableOffsets,
  change: OffsetChange,
  { isCounted }: { readonly isCounted: boolean },
): Promise<OffsetChangeAnswer> {
  const { partition, before = 0, after = 0 } = change;
  const [from, to] = [Math.min(before, after), Math.max(before, after)];
  const records = isCounted ? ((await held.count(partition, { from, to })) ?? null) : null;
  const [recordsAgain, recordsSkipped] = after < before ? [records, 0] : [0, records];
  return { ...unknown(change), unit: held.unit, recordsAgain, recordsSkipped };
}

const unknown = ({ source, partition, before, after }: OffsetChange): OffsetChangeAnswer => ({
  ...{ source, partition, before: before ?? null, after: after ?? null },
  ...{ unit: null, recordsAgain: null, recordsSkipped: null },
});

async function orUndefined<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isTidemarkError(error)) return undefined;
    throw error;
  }
}
