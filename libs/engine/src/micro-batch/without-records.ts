import { recordKey, TidemarkError, type BatchPlan, type LeftOut } from '@tidemark/domain';
import { behindLine, offsetBehind, withoutNewline } from '../lines.js';
import type { InputChunk } from '../ports.js';
import type { BatchInput } from './resume.js';

/** A batch's input, what it leaves out taken away. */
export interface RemainingInput {
  readonly sources: BatchInput;
  readonly taken: readonly { readonly record: LeftOut; readonly bytes: Uint8Array }[];
}

/**
 * Takes records out of a batch's input: a chunk is cut in two around each, and every position stays what it was. Of sources
 * that the job has no more there is nothing to take. Throws `batch_log_inconsistent` if another record is not there.
 */
export function withoutRecords(
  plan: Pick<BatchPlan, 'batchId' | 'timeline'>,
  input: BatchInput,
  leftOut: readonly LeftOut[],
): RemainingInput {
  if (leftOut.length === 0) return { sources: input, taken: [] };
  const taken = new Map<string, Uint8Array>();
  const sources = input.map(({ uid, chunks }) => ({
    uid,
    chunks: chunks.flatMap((chunk) => {
      const timeline = chunk.timeline ?? plan.timeline;
      const records = leftOut.filter(
        (record) =>
          record.source === uid &&
          record.partition === chunk.partition &&
          record.timeline === timeline &&
          record.offset >= chunk.range.from &&
          record.offset < chunk.range.to,
      );
      return records.length === 0 ? [chunk] : cut(chunk, records, taken);
    }),
  }));
  return {
    sources,
    taken: leftOut
      .filter(({ source }) => input.some(({ uid }) => uid === source))
      .map((record) => {
        const bytes = taken.get(recordKey(record));
        if (bytes !== undefined) return { record, bytes };
        const { source, partition, offset } = record;
        const reason = `batch ${plan.batchId} leaves out ${source}/${partition}@${offset}, which is no record of it`;
        throw new TidemarkError('batch_log_inconsistent', { reason });
      }),
  };
}

/** The pieces of a chunk between the records. What they are is noted in `taken`. */
function cut(chunk: InputChunk, records: readonly LeftOut[], taken: Map<string, Uint8Array>): readonly InputChunk[] {
  const { bytes, range } = chunk;
  const wanted = new Map(records.map((record) => [record.offset, record]));
  const pieces: InputChunk[] = [];
  let piece = { start: 0, offset: range.from };
  const end = (at: number): void => {
    if (at <= piece.start) return;
    const of = { ...range, from: piece.offset };
    pieces.push({ ...chunk, range: of, bytes: bytes.subarray(piece.start, at) });
  };
  for (let [start, lines] = [0, 0]; start < bytes.length; lines += 1) {
    const behind = behindLine(bytes, start);
    const record = wanted.get(offsetBehind(chunk, { bytes: start, lines }));
    if (record !== undefined) {
      end(start);
      taken.set(recordKey(record), withoutNewline(bytes, { start, behind }));
      piece = { start: behind, offset: offsetBehind(chunk, { bytes: behind, lines: lines + 1 }) };
    }
    start = behind;
  }
  end(bytes.length);
  return pieces;
}
