import type { Batch, Checkpoint, Job, JobEvent, Tidemark } from '@tidemark/sdk';

/** What the live view shows of a job. */
export interface JobPicture {
  readonly job: Job;
  /** Newest first; committed ones only. */
  readonly batches: readonly (Batch & { readonly commit: NonNullable<Batch['commit']> })[];
  readonly checkpoint: Checkpoint | undefined;
  /** Oldest first. */
  readonly events: readonly JobEvent[];
  /** Records in all committed batches. */
  readonly records: number;
  readonly recordsPerSecond: number;
}

type CommittedBatch = JobPicture['batches'][number];

const BATCHES_KEPT = 20;
const EVENTS_KEPT = 50;
const RATE_WINDOW_MS = 5_000;

/** Looks at a job through the public API, as often as it is asked to. */
export class JobMonitor {
  private records = 0;
  private counted = { timeline: 0, batchId: 0 };

  constructor(
    private readonly tidemark: Tidemark,
    private readonly jobId: string,
  ) {}

  async look(): Promise<JobPicture> {
    const { jobs } = this.tidemark;
    const [job, batchPage, checkpointPage, eventPage] = await Promise.all([
      jobs.get(this.jobId),
      jobs.batches(this.jobId, { limit: BATCHES_KEPT }),
      jobs.checkpoints(this.jobId, { limit: 5 }),
      jobs.events(this.jobId, { limit: EVENTS_KEPT }),
    ]);
    const batches = batchPage.items.filter(isCommitted);
    await this.count(batches);
    return {
      job,
      batches,
      checkpoint: checkpointPage.items.find(({ status }) => status === 'complete'),
      events: eventPage.items,
      records: this.records,
      recordsPerSecond: rateOf(batches),
    };
  }

  /** Adds what was committed since the last look. The first look, and one after a long silence, goes through the pages. */
  private async count(newest: readonly CommittedBatch[]): Promise<void> {
    const isNew = ({ timeline, batchId }: Batch): boolean =>
      timeline > this.counted.timeline || (timeline === this.counted.timeline && batchId > this.counted.batchId);
    let added = 0;
    if (newest.length > 0 && newest.every(isNew)) {
      for await (const batch of this.tidemark.jobs.batches(this.jobId, { limit: 100 })) {
        if (!isNew(batch)) break;
        added += batch.commit?.recordsIn ?? 0;
      }
    } else {
      for (const { commit } of newest.filter(isNew)) added += commit.recordsIn;
    }
    this.records += added;
    const [last] = newest;
    if (last !== undefined && isNew(last)) this.counted = { timeline: last.timeline, batchId: last.batchId };
  }
}

const isCommitted = (batch: Batch): batch is CommittedBatch => batch.commit !== null;

/** Over the last seconds of batch time: what a reader would call the rate of the input. */
function rateOf(batches: readonly CommittedBatch[]): number {
  const newestMs = Date.parse(batches[0]?.batchTime ?? '');
  const recent = batches.filter(({ batchTime }) => Date.parse(batchTime) > newestMs - RATE_WINDOW_MS);
  const oldestMs = Date.parse(recent.at(-1)?.batchTime ?? '');
  if (recent.length < 2 || newestMs === oldestMs) return 0;
  const records = recent.slice(0, -1).reduce((sum, { commit }) => sum + commit.recordsIn, 0);
  return (1000 * records) / (newestMs - oldestMs);
}
