import {
  RunStore,
  type BatchLogResult,
  type CheckpointId,
  type ClaimedRun,
  type LoggedBatch,
  type NewCheckpoint,
  type NewEvent,
  type Progress,
  type RedrivenRecord,
  type RunId,
  type RunnerId,
  type CompletedCheckpoint,
  type Fence,
} from '@tidemark/domain';

type Heartbeat = Awaited<ReturnType<RunStore['heartbeat']>>;
type Written = 'done' | 'fenced';

/** Notes what it is told, and answers what the test says. */
export class RecordingRunStore extends RunStore {
  readonly events: NewEvent[] = [];
  readonly begun: NewCheckpoint[] = [];
  readonly completed: CheckpointId[] = [];
  readonly written: CompletedCheckpoint[] = [];
  readonly disowned: RunId[] = [];
  readonly healthy: number[] = [];
  readonly told: Progress[] = [];
  heartbeats = 0;
  onProgress: () => Promise<boolean> = () => Promise.resolve(false);
  onHeartbeat: () => Promise<Heartbeat> = () => Promise.resolve({ outcome: 'alive', orders: new Map() });
  onBegin: () => ReturnType<RunStore['beginCheckpoint']> = () => Promise.resolve('done');
  onComplete: () => Promise<Written> = () => Promise.resolve('done');
  onReject: () => ReturnType<RunStore['rejectCheckpoint']> = () => Promise.resolve({ outcome: 'fenced' });

  override heartbeat(): Promise<Heartbeat> {
    this.heartbeats += 1;
    return this.onHeartbeat();
  }

  override async disown(runId: RunId): Promise<void> {
    this.disowned.push(runId);
  }

  override async beginCheckpoint(_: unknown, checkpoint: NewCheckpoint): ReturnType<RunStore['beginCheckpoint']> {
    this.begun.push(checkpoint);
    return this.onBegin();
  }

  override async completeCheckpoint(_: unknown, id: CheckpointId, written: CompletedCheckpoint): Promise<Written> {
    this.completed.push(id);
    this.written.push(written);
    return this.onComplete();
  }

  override rejectCheckpoint(): ReturnType<RunStore['rejectCheckpoint']> {
    return this.onReject();
  }

  override async noteProgress(_: unknown, seen: Progress): Promise<boolean> {
    this.told.push(seen);
    return this.onProgress();
  }

  override async appendEvents(_: unknown, events: readonly NewEvent[]): Promise<void> {
    this.events.push(...events);
  }

  override registerRunner(): Promise<void> {
    return Promise.resolve();
  }

  override noteSandbox(): Promise<void> {
    return Promise.resolve();
  }

  override retireRunner(_: RunnerId): Promise<void> {
    return Promise.resolve();
  }

  override claim(): Promise<ClaimedRun | undefined> {
    return Promise.resolve(undefined);
  }

  override markRunning(): Promise<Written> {
    return Promise.resolve('done');
  }

  override markHealthy(_: Fence, revision: number): Promise<Written> {
    this.healthy.push(revision);
    return Promise.resolve('done');
  }

  override markDraining(): Promise<Written> {
    return Promise.resolve('done');
  }

  override end(): Promise<Written> {
    return Promise.resolve('done');
  }

  override writeBatch(): Promise<BatchLogResult> {
    return Promise.resolve({ outcome: 'fenced' });
  }

  override setAside(): Promise<Written> {
    return Promise.resolve('done');
  }

  override noteSearch(..._: Parameters<RunStore['noteSearch']>): Promise<Written> {
    return Promise.resolve('done');
  }

  override recordsToRedrive(): Promise<readonly RedrivenRecord[]> {
    return Promise.resolve([]);
  }

  override deadLettersWaiting(): Promise<number> {
    return Promise.resolve(0);
  }

  override readBatches(): Promise<readonly LoggedBatch[]> {
    return Promise.resolve([]);
  }
}
