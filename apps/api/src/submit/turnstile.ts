import { TidemarkError } from '@tidemark/domain';

interface Waiting {
  readonly key: string;
  readonly enter: () => void;
}

/** What came out of the work, and still takes room. */
interface Keeping {
  /** Resolves when it does no more. */
  readonly over: Promise<void>;
}

export interface TurnstileBounds {
  readonly what: string;
  readonly atOnce: number;
  /** Of one key. Fewer than `atOnce`, so that nobody can take every place. */
  readonly atOncePerKey: number;
  readonly waitingMax: number;
  readonly waitingMaxPerKey: number;
  /** What came out and is still kept, beside what is inside: beyond it a place inside is kept for it as well. */
  readonly keptMax?: number;
  readonly keptMaxPerKey?: number;
}

/**
 * Lets a few through at once and a bounded number wait; refuses the rest with `too_many_at_once`. Each key has bounds of
 * its own, so that one that floods it or dawdles inside holds up itself.
 */
export class Turnstile {
  private readonly inside: string[] = [];
  private readonly kept: string[] = [];
  private readonly waiting: Waiting[] = [];

  constructor(private readonly bounds: TurnstileBounds) {}

  /** @param keeping where it is over before its turn comes, nobody waits for it any more, and the work is not begun. */
  async pass<T>(key: string, work: () => Promise<T>, keeping?: Keeping): Promise<T> {
    await this.enter(key, keeping);
    try {
      const done = await work();
      if (keeping === undefined) this.leave(key);
      else this.keep(key, keeping);
      return done;
    } catch (error) {
      this.leave(key);
      throw error;
    }
  }

  private leave(key: string): void {
    this.inside.splice(this.inside.indexOf(key), 1);
    this.admitNext();
  }

  private keep(key: string, { over }: Keeping): void {
    const { keptMax = 0, keptMaxPerKey = keptMax } = this.bounds;
    if (this.kept.length >= keptMax || this.kept.filter((one) => one === key).length >= keptMaxPerKey) {
      void over.then(() => {
        this.leave(key);
      });
      return;
    }
    this.kept.push(key);
    this.leave(key);
    void over.then(() => this.kept.splice(this.kept.indexOf(key), 1));
  }

  private async enter(key: string, keeping: Keeping | undefined): Promise<void> {
    const { what, waitingMax, waitingMaxPerKey } = this.bounds;
    const ofKey = this.waiting.filter((one) => one.key === key).length;
    if (ofKey === 0 && this.mayEnter(key)) {
      this.inside.push(key);
      return;
    }
    if (ofKey >= waitingMaxPerKey) throw new TidemarkError('too_many_at_once', { what, max: waitingMaxPerKey });
    if (this.waiting.length >= waitingMax) throw new TidemarkError('too_many_at_once', { what, max: waitingMax });
    await new Promise<void>((enter, giveUp) => {
      const waiting = { key, enter };
      this.waiting.push(waiting);
      void keeping?.over.then(() => {
        const place = this.waiting.indexOf(waiting);
        if (place === -1) return;
        this.waiting.splice(place, 1);
        giveUp(new TidemarkError('too_many_at_once', { what, max: waitingMax }));
      });
    });
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
