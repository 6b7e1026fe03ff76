import type { SeekableOffsets } from '@tidemark/connectors';
import type { GraphNode, JobId, TenantId } from '@tidemark/domain';

/** A source of a job, as its definition has it. */
export interface SourceOfJob {
  readonly tenantId: TenantId;
  readonly jobId: JobId;
  readonly node: GraphNode;
}

/** Looks at what a job's sources hold, without a run. */
export abstract class SourceInspector {
  /**
   * Opens the source for the time of one look. Throws `offsets_not_settable` for a source that can only be read on,
   * `source_out_of_reach`, and what the connector throws.
   */
  abstract look<T>(source: SourceOfJob, look: (offsets: SeekableOffsets) => Promise<T>): Promise<T>;
}
