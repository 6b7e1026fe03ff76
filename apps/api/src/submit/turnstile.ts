import { TidemarkError } from '@tidemark/domain';

interface Waiting {
  readonly key: string;
  readonly enter: () => void;
}

export interface TurnstileBounds {
  readonly what: string;
  readonly atOnce: number;
  /** Of one key. Fewer than `atOnce`, so that nobody can take every place. */
  readonly atOncePerKey: number;
  readonly waitingMax: number;
  readonly waitingMaxPerKey: number;
}

/**
 * Lets a few through at once and a bounded number wait; refuses the rest with `too_many_at_once`. Each key has bounds of
 * its own, so that one that floods it or dawdles inside holds up itself.
 */
export class Turnstile {
  private readonly inside: string[] = [];
  private readonly waiting: Waiting[] = [];

  constructor(private readonly bounds: TurnstileBounds) {}

  /** @param kept until when the place is kept after the work, where what came out of it takes as much room. */
  async pass<T>(key: string, work: () => Promise<T>, kept: Promise<void> = Promise.resolve()): Promise<T> {
    await this.enter(key);
    const leave = (): void => {
      this.inside.splice(this.inside.indexOf(key), 1);
      this.admitNext();
    };
    try {
      const done = await work();
      void kept.then(leave);
      return done;
    } catch (error) {
      leave();
      throw error;
    }
  }

  private async enter(key: string): Promise<void> {
    const { what, waitingMax, waitingMaxPerKey } = this.bounds;
    const ofKey = this.waiting.filter((one) => one.key === key).length;
    if (ofKey === 0 && this.mayEnter(key)) {
      this.inside.push(key);
      return;
    }
    if (ofKey >= waitingMaxPerKey) throw new TidemarkError('too_many_at_once', { what, max: waitingMaxPerKey });
    if (this.waiting.length >= waitingMax) throw new TidemarkError('too_many_at_once', { what, max: waitingMax });
    await new Promise<void>((enter) => this.waiting.push({ key, enter }));
  }

  /** The one who waited longest of those whose key has a place left. */
  private admitNext(): void {
    const next = this.waiting.findIndex(({ key }) => this.mayEnter(key));
    const [admitted] = next === -1 ? [] : this.waiting.splice(next, 1);
    if (admitted === undefined) return;
    this.inside.push(admitted.key);
    admitted.enter();
  }

  private mayEnter(key: string): boolean {
    const { atOnce, atOncePerKey } = this.bounds;
    return this.inside.length < atOnce && this.inside.filter((one) => one === key).length < atOncePerKey;
  }
}
