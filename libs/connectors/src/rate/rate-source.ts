// Source `rate`: numbered records at an even rate. Partition "0"; an offset counts records. Record n is
// {"value":n,"timeMs":1000·n/recordsPerSecond}, so any range can be made again at any time.
import { type PartitionRange } from '@tidemark/domain';
import type { InputChunk, PlanRequest, SeekableOffsets, Source } from '@tidemark/engine';
import { z } from 'zod';
import { connectorEnd } from '../connector.js';
import { allowance, recordsPerSecond, sourceLimits, type SourceLimits } from '../rate-limit.js';
import { RateOffsets, PARTITION } from './rate-offsets.js';

/** About 8 MiB. */
const RECORDS_PER_BATCH_MAX = 200_000;
/** The frame of a record, and two numbers at their longest. */
const RECORD_BYTES_MAX = 72;

const options = z.strictObject({ ...sourceLimits, recordsPerSecond });

export const rateSource = connectorEnd(
  options,
  async (uid, settings): Promise<Source> => new RateSource(uid, settings.recordsPerSecond, settings),
  { tellsBacklog: true, isSeekable: true },
);

class RateSource implements Source {
  readonly canPlanAhead = true;
  readonly seekable: SeekableOffsets;

  constructor(
    readonly uid: string,
    private readonly perSecond: number,
    private readonly limits: SourceLimits,
  ) {
    this.seekable = new RateOffsets(uid, perSecond);
  }

  async plan(request: PlanRequest): Promise<{ readonly [partition: string]: PartitionRange }> {
    const from = request.from[PARTITION] ?? 0;
    const allowed = allowance(this.limits, request);
    const bytesMax = this.limits.maxBytesPerBatch === undefined ? request.bytesMax : allowed.bytes;
    const fitting = Math.max(1, Math.floor(bytesMax / RECORD_BYTES_MAX));
    const untilEnd = request.until === undefined ? Infinity : Math.max(0, (request.until[PARTITION] ?? 0) - from);
    const records = Math.min(allowed.records, RECORDS_PER_BATCH_MAX, fitting, untilEnd);
    return records === 0 ? {} : { [PARTITION]: { from, to: from + records } };
  }

  async read(ranges: { readonly [partition: string]: PartitionRange }): Promise<readonly InputChunk[]> {
    return Object.entries(ranges).map(([partition, range]) => {
      let lines = '';
      for (let value = range.from; value < range.to; value += 1) {
        lines += `{"value":${value},"timeMs":${Math.floor((1000 * value) / this.perSecond)}}\n`;
      }
      return { partition, range, offsetUnit: 'records', bytes: Buffer.from(lines) };
    });
  }

  /** Records are made as batches ask for them: none ever waits. */
  async backlog(): Promise<{ readonly [partition: string]: PartitionRange }> {
    return {};
  }

  async close(): Promise<void> {}
}
