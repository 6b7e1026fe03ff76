import type { RunMessage } from '@tidemark/domain';
import type { Process, Stage } from './stage.js';

/** What chance may do to a message, as probabilities. */
export interface QueueWeather {
  readonly drops: number;
  readonly doubles: number;
  readonly delays: number;
}

export const CALM_QUEUE: QueueWeather = { drops: 0, doubles: 0, delays: 0 };

const SOON_MS = 30;
const LATE_MS = 4_000;
const NOBODY_MS = 100;

/** The run queue: it delivers, and nothing else can be said of it. */
export class SimulatedQueue {
  weather: QueueWeather = CALM_QUEUE;
  private readonly seen = new Set<string>();

  constructor(
    private readonly stage: Stage,
    /** Lives as long as the world. */
    private readonly post: Process,
    private readonly takers: () => readonly ((message: RunMessage) => void)[],
  ) {}

  /** As a scheduler process has it. */
  sender(process: Process): { publish(message: RunMessage, attempt: number): Promise<void> } {
    return {
      publish: (message, attempt) =>
        this.stage.call(process, `queue: add ${message.runId.replace(/_0+/, '_')}`, () => {
          const entry = `${message.runId}/${attempt}`;
          if (this.seen.has(entry)) return;
          this.seen.add(entry);
          const { chance } = this.stage;
          if (chance.happens(this.weather.drops)) this.stage.note('queue', `loses ${entry}`);
          else this.send(message);
          if (chance.happens(this.weather.doubles)) this.send(message);
        }),
    };
  }

  /** Once more: an entry whose taker is gone. */
  send(message: RunMessage): void {
    const { chance } = this.stage;
    const ms = chance.happens(this.weather.delays) ? chance.below(LATE_MS) : chance.below(SOON_MS);
    this.stage.alarm(this.post, ms, () => {
      this.deliver(message);
    });
  }

  private deliver(message: RunMessage): void {
    const take = this.stage.chance.of(this.takers());
    if (take !== undefined) {
      take(message);
      return;
    }
    this.stage.alarm(this.post, NOBODY_MS, () => {
      this.deliver(message);
    });
  }
}
