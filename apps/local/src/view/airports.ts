import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Airport {
  readonly origin: string;
  readonly flights: number;
  readonly meanDelay: number;
  /** In the last window: undefined where no flight left. */
  readonly recentFlights: number | undefined;
}

interface DelaysRow {
  readonly origin: string;
  readonly flights: number;
  readonly meanDelay: number;
}
interface RecentRow {
  readonly origin: string;
  readonly flights: number;
  readonly windowEndMs: number;
}

const LOOK_BACK_BATCHES = 40;

/** Follows the example's output files the way any reader of them would, batch by batch. */
export class Airports {
  private readonly totals = new Map<string, DelaysRow>();
  private recent = new Map<string, number>();
  private readUpTo = 0;

  /** @param folder the example's output directory */
  constructor(private readonly folder: string) {}

  /** Reads the parts of the batches up to this one, which must be committed. */
  async readTo({ timeline, batchId }: { readonly timeline: number; readonly batchId: number }): Promise<void> {
    const from = Math.max(this.readUpTo + 1, batchId - LOOK_BACK_BATCHES);
    for (let batch = from; batch <= batchId; batch += 1) {
      for (const row of await this.rows<DelaysRow>('delays', timeline, batch)) this.totals.set(row.origin, row);
      const recent = await this.rows<RecentRow>('recent', timeline, batch);
      const lastEndMs = Math.max(0, ...recent.map(({ windowEndMs }) => windowEndMs));
      const last = recent.filter(({ windowEndMs }) => windowEndMs === lastEndMs);
      if (last.length > 0) this.recent = new Map(last.map(({ origin, flights }) => [origin, flights]));
    }
    this.readUpTo = Math.max(this.readUpTo, batchId);
  }

  busiest(count: number): readonly Airport[] {
    return [...this.totals.values()]
      .sort((a, b) => b.flights - a.flights || (a.origin < b.origin ? -1 : 1))
      .slice(0, count)
      .map((row) => ({ ...row, recentFlights: this.recent.get(row.origin) }));
  }

  /** Nothing for a batch without rows: it writes no part. */
  private async rows<Row>(sink: string, timeline: number, batchId: number): Promise<readonly Row[]> {
    const part = join(this.folder, sink, `t${timeline}`, `part-b${String(batchId).padStart(10, '0')}.jsonl`);
    const text = await readFile(part, 'utf8').catch(() => '');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Row);
  }
}
