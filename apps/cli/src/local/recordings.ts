import { InMemoryObjectStore, readCheckpoint, type ReadCheckpoint } from '@tidemark/checkpoint';
import type { GraphInput, StoredState } from '@tidemark/engine';
import { TidemarkApiError, type BatchInput, type Checkpoint, type Tidemark } from '@tidemark/sdk';
import { UserError } from '../terminal.js';
import type { Recorded } from './choose-base.js';

const DOWNLOADS_AT_ONCE = 4;
const PAGE_MAX = 100;
/** Of a timeline, newest first; older ones are of no use to anybody who looks at what happens now. */
const CHECKPOINTS_MAX = 1_000;
const BATCHES_MAX = 10_000;

export interface RecordedJob {
  readonly id: string;
  readonly timeline: number;
}

/** The checkpoints of a timeline that can be read, newest first. */
export async function checkpointsOn(service: Tidemark, { id, timeline }: RecordedJob): Promise<readonly Checkpoint[]> {
  const found: Checkpoint[] = [];
  let seen = 0;
  for await (const checkpoint of service.jobs.checkpoints(id, { limit: PAGE_MAX })) {
    if (checkpoint.status === 'complete' && checkpoint.timeline === timeline) found.push(checkpoint);
    seen += 1;
    if (seen === CHECKPOINTS_MAX) break;
  }
  return found.sort((a, b) => b.batchId - a.batchId);
}

/** What is known of a timeline's batches without asking for what they have read. */
export interface RecordedBatches extends Recorded {
  /** Those that have read records, and have set none aside. */
  readonly filled: ReadonlySet<number>;
  /** Those that have set records aside: their input is not handed out. */
  readonly setAside: ReadonlySet<number>;
}

/** What has been listed so far, newest first. */
export interface Listed {
  readonly newest: number;
  readonly batchId: number;
  readonly filled: ReadonlySet<number>;
}

/** What is kept of a timeline's batches, as far back as `isEnough` says. @param checkpoints newest first. */
export async function recordedOn(
  service: Tidemark,
  { id, timeline }: RecordedJob,
  checkpoints: readonly Checkpoint[],
  isEnough: (listed: Listed) => boolean,
): Promise<RecordedBatches> {
  const batches: number[] = [];
  const filled = new Set<number>();
  const setAside = new Set<number>();
  for await (const { batchId, commit } of service.jobs.batches(id, { limit: PAGE_MAX, timeline })) {
    if (commit !== null) batches.push(batchId);
    if (commit !== null && commit.recordsDeadLettered > 0) setAside.add(batchId);
    else if (commit !== null && commit.recordsIn > 0) filled.add(batchId);
    if (batches.length === BATCHES_MAX || isEnough({ newest: batches[0] ?? batchId, batchId, filled })) break;
  }
  return { checkpoints, batches, filled, setAside, beganEmpty: timeline === 1 && (await beganEmpty(service, id)) };
}

/** Whether the job's first run found no state: a job that began with another one's did. */
async function beganEmpty(service: Tidemark, id: string): Promise<boolean> {
  let first: string | undefined;
  for await (const { from } of service.jobs.decisions(id, { limit: PAGE_MAX })) if (from !== null) first = from.kind;
  return first === 'beginning';
}

/** What a batch has read, as the graph takes it. */
export async function inputOf(
  service: Tidemark,
  { id, timeline }: RecordedJob,
  batchId: number,
): Promise<{ readonly input: GraphInput; readonly revision: number }> {
  const { batchTime, revision, sources } = await service.recordings.batchInput(id, { timeline, batchId });
  const batchTimeMs = Date.parse(batchTime);
  return { input: { timeline, batchId, batchTimeMs, sources: sources.map(sourceIn) }, revision };
}

/** Why the input of a batch is never handed out, whatever becomes of its sources; undefined for any other error. */
export function whyWithheld(error: unknown): string | undefined {
  if (!(error instanceof TidemarkApiError)) return undefined;
  return new Map(Object.entries(WITHHELD)).get(error.code);
}

const WITHHELD = {
  batch_has_dead_letters: 'has set records aside or read some again that had been',
  batch_input_too_large: 'has read more than is sent',
} as const;

const sourceIn = ({ source, chunks }: BatchInput['sources'][number]): GraphInput['sources'][number] => ({
  uid: source,
  chunks: chunks.map(({ partition, from, to, offsetUnit, bytes }) => ({
    ...{ partition, range: { from, to }, offsetUnit },
    bytes: Buffer.from(bytes, 'base64'),
  })),
});

/** Downloads a checkpoint's state, and holds every byte against its SHA-256. Throws `checkpoint_unreadable`. */
export async function stateOf(
  service: Tidemark,
  jobId: string,
  checkpoint: Pick<Checkpoint, 'id' | 'shapes'>,
  bytesMax: number,
): Promise<StoredState> {
  const { path, manifestSha256, objects } = await service.recordings.checkpointObjects(jobId, checkpoint.id);
  const bytes = objects.reduce((sum, object) => sum + object.bytes, 0);
  if (bytes > bytesMax) throw new UserError(sayTooLarge(checkpoint.id, bytes, bytesMax));
  const store = new InMemoryObjectStore();
  const left = objects.values();
  const download = async (): Promise<void> => {
    for (const object of left)
      await store.put(object.path, await service.recordings.checkpointObject(jobId, checkpoint.id, object.sha256));
  };
  await Promise.all(Array.from({ length: DOWNLOADS_AT_ONCE }, download));
  const read: ReadCheckpoint = await readCheckpoint(store, path, manifestSha256);
  const shapes = checkpoint.shapes as StoredState['shapes'];
  return { shapes, blocks: (uid) => read.blocks(uid) };
}

const sayTooLarge = (checkpointId: string, bytes: number, bytesMax: number): string =>
  `The state in checkpoint ${checkpointId} has ${bytes} bytes, and at most ${bytesMax} are downloaded. A part of it would give ` +
  'wrong answers: raise the bound with --state-mib, or compare nothing but the form of the state with --verdicts-only.';
