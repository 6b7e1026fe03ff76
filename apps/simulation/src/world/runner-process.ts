import type { RunnerConfig } from '@tidemark/config';
import type { ObjectStore } from '@tidemark/checkpoint';
import type { ClaimedRun, RunMessage, RunnerId, RunStore } from '@tidemark/domain';
import { ActiveRuns, RunJob, RunnerLease } from '@tidemark/runner/protocol';
import { SimulatedOpener } from '../job/simulated-opener.js';
import type { Input, Output } from '../job/ends.js';
import type { CountedIds } from './counted-ids.js';
import type { Process, Stage } from './stage.js';

const DRAIN_MS = 3_000;
const REGISTER_AGAIN_MS = 100;

export interface RunnerParts {
  readonly stage: Stage;
  readonly process: Process;
  readonly runs: RunStore;
  readonly objects: ObjectStore;
  readonly world: { readonly input: Input; readonly output: Output };
  readonly ids: CountedIds;
  readonly leaseMs: number;
  readonly onForeignState: (claimed: ClaimedRun, shape: string) => void;
  /** Is told of what was refused to a process that goes on without it. */
  readonly onFault: (error: unknown) => void;
  /** The process has ended itself. */
  readonly onExit: () => void;
}

/** A runner: everything of it but its connections, its sandbox and its operating system. */
export class RunnerProcess {
  readonly id: RunnerId;
  readonly taken: RunMessage[] = [];
  private readonly active: ActiveRuns;
  private readonly lease: RunnerLease;
  private readonly runJob: RunJob;
  private isListening = false;

  constructor(private readonly parts: RunnerParts) {
    const { stage, process, runs, objects, ids, world, onForeignState, leaseMs } = parts;
    this.id = ids.next('runner');
    const timers = stage.timers(process);
    this.active = new ActiveRuns(timers);
    this.lease = new RunnerLease(runs, this.active, { leaseMs } as RunnerConfig, timers);
    const opener = new SimulatedOpener(world, stage, process, onForeignState);
    this.runJob = new RunJob(runs, this.active, objects, opener, stage.clock(process), timers, ids, {
      deadLettersMax: 0,
    });
  }

  get process(): Process {
    return this.parts.process;
  }

  /** Whether the queue may hand it something. */
  get listens(): boolean {
    return this.isListening && this.process.alive;
  }

  start(): void {
    const { runs, stage, process, onExit, onFault } = this.parts;
    const runner = { id: this.id, host: '', pid: 1, slots: 4, sandbox: {} };
    runs.registerRunner(runner).then(
      () => {
        this.lease.start(this.id, onExit);
        this.isListening = true;
      },
      (error: unknown) => {
        onFault(error);
        stage.alarm(process, REGISTER_AGAIN_MS, () => {
          this.start();
        });
      },
    );
  }

  take(message: RunMessage): void {
    const { stage, process, onFault } = this.parts;
    this.taken.push(message);
    stage.alarm(process, 0, () => {
      this.runJob
        .run(message, this.id)
        .then(() => this.taken.splice(this.taken.indexOf(message), 1))
        .catch(onFault);
    });
  }

  /** Ends as on SIGTERM. */
  async shutDown(): Promise<void> {
    this.isListening = false;
    const drained = await this.active.drainAll('runner_shutdown', DRAIN_MS);
    if (!drained) this.active.abandonAll('lease_lost');
    this.lease.stop();
    await this.parts.runs.retireRunner(this.id).catch(this.parts.onFault);
    this.parts.onExit();
  }
}
