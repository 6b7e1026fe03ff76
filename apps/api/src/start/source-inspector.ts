import type { SeekableOffsets } from '@tidemark/connectors';
import type { GraphNode, JobId, PartitionIdentities, PartitionRange, TenantId } from '@tidemark/domain';
import type { InputChunk } from '@tidemark/engine';

/** A source of a job, as its definition has it. */
export interface SourceOfJob {
  readonly tenantId: TenantId;
  readonly jobId: JobId;
  readonly node: GraphNode;
}

/** What a batch has read of one source. */
export interface RecordedRanges {
  readonly ranges: { readonly [partition: string]: PartitionRange };
  /** What the ends of the ranges were positions of, as the commit has it. */
  readonly identities: PartitionIdentities;
}

/** Looks at what a job's sources hold, without a run. */
export abstract class SourceInspector {
  /**
   * Opens the source for the time of one look. Throws `offsets_not_settable` for a source that can only be read on,
   * `source_out_of_reach`, and what the connector throws.
   */
  abstract look<T>(source: SourceOfJob, look: (offsets: SeekableOffsets) => Promise<T>): Promise<T>;

  /**
   * Reads again what a batch has read. Throws `offsets_expired`, `partition_replaced` or `partition_renamed` where the source
   * no longer holds it, and `source_out_of_reach`.
   */
  abstract readAgain(source: SourceOfJob, recorded: RecordedRanges): Promise<readonly InputChunk[]>;
}
