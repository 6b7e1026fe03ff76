import { TidemarkError } from '@tidemark/domain';

/** Lets a few through at once and a bounded number wait, in order; refuses the rest with `too_many_at_once`. */
export class Turnstile {
  private inside = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly bounds: { readonly what: string; readonly atOnce: number; readonly waitingMax: number },
  ) {}

  async pass<T>(work: () => Promise<T>): Promise<T> {
    await this.enter();
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      // The place goes over to the one who waited longest; nobody can slip in between.
      if (next === undefined) this.inside -= 1;
      else next();
    }
  }

  private async enter(): Promise<void> {
    const { what, atOnce, waitingMax } = this.bounds;
    if (this.inside < atOnce) {
      this.inside += 1;
      return;
    }
    if (this.waiting.length >= waitingMax)
      throw new TidemarkError('too_many_at_once', { what, max: atOnce + waitingMax });
    await new Promise<void>((enter) => this.waiting.push(enter));
  }
}
