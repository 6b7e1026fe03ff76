/** Lets at most `max` callers in at a time, the others in the order in which they came. */
export class Gate {
  private inside = 0;
  private readonly queue: (() => void)[] = [];

  constructor(private readonly max: number) {}

  async enter(): Promise<void> {
    if (this.inside < this.max) {
      this.inside += 1;
      return;
    }
    // Whoever leaves hands its place on.
    await new Promise<void>((resolve) => this.queue.push(resolve));
  }

  leave(): void {
    const next = this.queue.shift();
    if (next === undefined) this.inside -= 1;
    else next();
  }
}
