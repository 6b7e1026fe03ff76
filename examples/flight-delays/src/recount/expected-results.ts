import type { Flight } from '../flight-delays.js';

const BATCH_INTERVAL_MS = 500;
const WINDOW_MS = 10_000;
const SLIDE_MS = 1_000;

interface Sum {
  flights: number;
  delayMinutes: number;
}

/** The rows that one batch must have written, by what tells them apart. */
export interface BatchResults {
  readonly delays: ReadonlyMap<string, object>;
  readonly recent: ReadonlyMap<string, object>;
}

/** What the job must have written, computed in the plainest way: totals in a map, each window summed from scratch. */
export class ExpectedResults {
  private readonly totals = new Map<string, Sum>();
  private readonly read: { readonly timeMs: number; readonly flights: readonly Flight[] }[] = [];
  private lastTimeMs: number | undefined;
  private windowsEnded = 0;

  get airports(): number {
    return this.totals.size;
  }

  get windows(): number {
    return this.windowsEnded;
  }

  next(timeMs: number, flights: readonly Flight[]): BatchResults {
    this.forgetBefore((this.lastTimeMs ?? timeMs) - WINDOW_MS);
    this.read.push({ timeMs, flights });
    const recent = this.windowsUpTo(timeMs);
    this.lastTimeMs = timeMs;
    return { delays: this.totalsAfter(flights), recent };
  }

  private totalsAfter(flights: readonly Flight[]): Map<string, object> {
    for (const { origin, delay } of flights) addTo(this.totals, origin, delay);
    const rows = new Map<string, object>();
    for (const origin of new Set(flights.map((flight) => flight.origin))) {
      const { flights: count = 0, delayMinutes = 0 } = this.totals.get(origin) ?? {};
      const meanDelay = Math.round((10 * delayMinutes) / count) / 10;
      rows.set(origin, { origin, flights: count, delayMinutes, meanDelay });
    }
    return rows;
  }

  /** Each window that ended since the batch before: what was read at a time in (end − length, end]. */
  private windowsUpTo(timeMs: number): Map<string, object> {
    const rows = new Map<string, object>();
    const after = this.lastTimeMs ?? timeMs - BATCH_INTERVAL_MS;
    for (let endMs = (Math.floor(after / SLIDE_MS) + 1) * SLIDE_MS; endMs <= timeMs; endMs += SLIDE_MS) {
      const sums = new Map<string, Sum>();
      for (const batch of this.read) {
        if (batch.timeMs <= endMs - WINDOW_MS || batch.timeMs > endMs) continue;
        for (const { origin, delay } of batch.flights) addTo(sums, origin, delay);
      }
      if (sums.size > 0) this.windowsEnded += 1;
      for (const [origin, sum] of sums) rows.set(`${origin} until ${endMs}`, { windowEndMs: endMs, origin, ...sum });
    }
    return rows;
  }

  /** Every window that ends from now on begins after this. */
  private forgetBefore(timeMs: number): void {
    while (this.read[0] !== undefined && this.read[0].timeMs <= timeMs) this.read.shift();
  }
}

function addTo(sums: Map<string, Sum>, origin: string, delay: number): void {
  const sum = sums.get(origin);
  if (sum === undefined) {
    sums.set(origin, { flights: 1, delayMinutes: delay });
  } else {
    sum.flights += 1;
    sum.delayMinutes += delay;
  }
}
