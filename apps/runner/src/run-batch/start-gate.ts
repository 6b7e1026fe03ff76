import type { Timers } from '@tidemark/domain';

/**
 * Starts that a process makes at once. A start takes most of a core for some tenths of a second; were a hundred jobs claimed at
 * one moment, their sandboxes would leave the process no time for its heartbeats, and it would lose all of them again.
 */
const STARTS_AT_ONCE = 4;
/** A place is given to the next after this, so that sinks that do not answer hold nobody up who has others. */
const HELD_MS_MAX = 2_000;

/** Gives a place back. May be called more than once. */
export type Leave = () => void;

/** Lets runs start a few at a time, in the order in which they came. */
export class StartGate {
  private inside = 0;
  private readonly waiting: ((leave: Leave) => void)[] = [];

  constructor(private readonly timers: Timers) {}

  /** At once where there is a place. */
  enter(): Leave | Promise<Leave> {
    if (this.inside < STARTS_AT_ONCE) {
      this.inside += 1;
      return this.place();
    }
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  private place(): Leave {
    let held = true;
    const leave = (): void => {
      if (!held) return;
      held = false;
      forget();
      const next = this.waiting.shift();
      if (next === undefined) this.inside -= 1;
      else next(this.place());
    };
    const forget = this.timers.after(HELD_MS_MAX, leave);
    return leave;
  }
}
