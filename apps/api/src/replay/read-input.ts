import { Injectable } from '@nestjs/common';
import {
  DeadLetterStores,
  JobStores,
  own,
  TidemarkError,
  type BatchRecord,
  type GraphNode,
  type JobId,
  type JobStore,
  type TenantId,
} from '@tidemark/domain';
import { BATCH_BYTES_MAX } from '@tidemark/engine';
import { existingJob } from '../inspect/existing-job.js';
import { SourceInspector } from '../start/source-inspector.js';
import { sourcesOf } from '../start/sources-of-job.js';
import { Turnstile } from '../submit/turnstile.js';
import type { Sending } from '../transport/sending.js';
import type { RecordedInput } from './replay.answers.js';

/** A batch holds less, but for a single record that is longer than its share. */
const INPUT_BYTES_MAX = 2 * BATCH_BYTES_MAX;

/** Each holds a whole input in memory, and half as much again until it was sent. */
const READINGS = {
  ...{ what: 'readings of batches', atOnce: 2, atOncePerKey: 1 },
  ...{ waitingMax: 64, waitingMaxPerKey: 16 },
  // A client that takes its time holds up those of its own key alone.
  ...{ keptMax: 6, keptMaxPerKey: 2 },
} as const;

/** One batch of a job. */
interface BatchOfJob {
  readonly timeline: number;
  readonly batchId: number;
}

/** Reads again what a committed batch has read, from the sources of the revision that ran it. */
@Injectable()
export class ReadInput {
  private readonly readings = new Turnstile(READINGS);

  constructor(
    private readonly stores: JobStores,
    private readonly inspector: SourceInspector,
    private readonly letters: DeadLetterStores,
  ) {}

  /**
   * Throws `thing_not_found`, `batch_has_dead_letters`, `batch_input_too_large`, `too_many_at_once`, and what the sources throw
   * that no longer hold what was read.
   */
  async run(tenantId: TenantId, jobId: JobId, batch: BatchOfJob, sending: Sending): Promise<RecordedInput> {
    const store = this.stores.forTenant(tenantId);
    const job = await existingJob(store, jobId);
    const record = await committedBatch(store, jobId, batch);
    const { revision, commit } = record;
    // Its input is not what its sources hold: some was left out, or came from letters.
    const isOther =
      (commit?.recordsDeadLettered ?? 0) > 0 || (await this.letters.forTenant(tenantId).hasRedriven(jobId, batch));
    if (isOther) throw new TidemarkError('batch_has_dead_letters', { batch: nameOf(batch) });
    if (revision === undefined)
      throw new TidemarkError('thing_not_found', { thing: 'run of batch', id: nameOf(batch) });
    const nodes = await sourcesOf(store, job, revision);
    const read = async (): Promise<RecordedInput> => {
      const sources: RecordedInput['sources'][number][] = [];
      const room = new Room(record);
      room.take(rangesInBytes(record, nodes));
      for (const node of nodes) {
        const uid = node.uid ?? '';
        const ranges = own(record.plan.ranges, uid);
        if (ranges === undefined) continue;
        const identities = own(record.commit?.identities ?? {}, uid) ?? {};
        const chunks = await this.inspector.readAgain({ tenantId, jobId, node }, { ranges, identities });
        // What counts its records has told no length before.
        const counted = chunks.filter(({ offsetUnit }) => offsetUnit === 'records');
        room.take(counted.reduce((sum, { bytes }) => sum + bytes.length, 0));
        sources.push({ uid, chunks });
      }
      return { plan: record.plan, revision, sources };
    };
    return this.readings.pass(tenantId, read, sending);
  }
}

/** What the input may have, of which sources take their share one after the other. */
class Room {
  private bytes = 0;

  constructor(private readonly record: BatchRecord) {}

  take(bytes: number): void {
    this.bytes += bytes;
    if (this.bytes <= INPUT_BYTES_MAX) return;
    const batch = nameOf(this.record.plan);
    throw new TidemarkError('batch_input_too_large', { batch, bytes: this.bytes, bytesMax: INPUT_BYTES_MAX });
  }
}

/** Positions of `files` are bytes, so that what is too large is refused before it is read. */
function rangesInBytes({ plan }: BatchRecord, nodes: readonly GraphNode[]): number {
  return nodes
    .filter(({ connector }) => connector === 'files')
    .flatMap(({ uid = '' }) => Object.values(own(plan.ranges, uid) ?? {}))
    .reduce((sum, { from, to }) => sum + to - from, 0);
}

async function committedBatch(store: JobStore, jobId: JobId, batch: BatchOfJob): Promise<BatchRecord> {
  const { timeline, batchId } = batch;
  const [found] = await store.listBatches(jobId, { timeline, after: batchId + 1, limit: 1 });
  if (found?.plan.batchId === batchId && found.commit !== undefined) return found;
  throw new TidemarkError('thing_not_found', { thing: 'committed batch', id: nameOf(batch) });
}

const nameOf = ({ timeline, batchId }: BatchOfJob): string => `${timeline}/${batchId}`;
