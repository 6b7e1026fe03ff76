import type { Sink, SinkWrite } from '@tidemark/engine';
import { describe, expect, it } from 'vitest';

export interface SinkHarness {
  /** One run's sink on the same target as every other that this harness opens. */
  open(): Promise<Sink>;
  /** What a reader of the target sees: JSON documents, in any order. */
  rows(): Promise<readonly string[]>;
  /**
   * Runs `write`, dying at its n-th step from 1 on. Resolves with `survived` when the write has fewer steps.
   * A sink has to be opened anew after that.
   */
  dyingAt(step: number, write: () => Promise<unknown>): Promise<'died' | 'survived'>;
}

const STEPS_MAX = 60;

/** What every exactly-once sink must do. */
export function exactlyOnceSinkContract(name: string, openHarness: () => Promise<SinkHarness>): void {
  describe(`${name} as an exactly-once sink`, () => {
    it('holds every batch once, however often it is written', async () => {
      const harness = await openHarness();
      const sink = await harness.open();
      expect(sink.guarantee).toBe('exactly_once');
      expect(await sink.write(aWrite(1))).toBe('written');
      expect(await sink.write(aWrite(1))).toBe('already_held');
      expect(await sink.write(aWrite(2))).toBe('written');
      await sink.close();

      const next = await harness.open();
      expect(await next.write(aWrite(2))).toBe('already_held');
      expect(await next.write(aWrite(3))).toBe('written');
      await next.close();
      expect(await sortedRows(harness)).toEqual(rowsOf(1, 2, 3));
    });

    it('keeps the first rows when the same batch comes again with others', async () => {
      const harness = await openHarness();
      const sink = await harness.open();
      await sink.write(aWrite(1));
      expect(await sink.write({ ...aWrite(7), batchId: 1 })).toBe('already_held');
      expect(await sortedRows(harness)).toEqual(rowsOf(1));
      await sink.close();
    });

    it('says of a batch whether it would drop it', async () => {
      const harness = await openHarness();
      const sink = await harness.open();
      expect(await sink.holds(aWrite(1))).toBe(false);
      await sink.write(aWrite(1));
      await sink.write({ ...aWrite(2), rows: 0, bytes: new Uint8Array() });
      await sink.close();

      const next = await harness.open();
      expect(await next.holds(aWrite(1))).toBe(true);
      expect(await next.holds(aWrite(2))).toBe(false);
      expect(await next.holds({ ...aWrite(1), timeline: 2 })).toBe(false);
      expect(await next.write(aWrite(2))).toBe('written');
      await next.close();
    });

    it('takes the same batch id again on another timeline', async () => {
      const harness = await openHarness();
      const sink = await harness.open();
      await sink.write(aWrite(1));
      expect(await sink.write({ ...aWrite(9), batchId: 1, timeline: 2 })).toBe('written');
      expect(await sortedRows(harness)).toEqual(rowsOf(1, 9));
      await sink.close();
    });

    it('holds a batch once when a run that was thought dead writes it at the same time', async () => {
      const harness = await openHarness();
      const sinks = [await harness.open(), await harness.open(), await harness.open()];
      for (const batchId of [1, 2, 3]) {
        const results = await Promise.allSettled(sinks.map((sink) => sink.write(aWrite(batchId))));
        expect(
          results.map((result) => (result.status === 'fulfilled' ? result.value : String(result.reason))).sort(),
        ).toEqual(['already_held', 'already_held', 'written']);
      }
      expect(await sortedRows(harness)).toEqual(rowsOf(1, 2, 3));
      await Promise.all(sinks.map((sink) => sink.close()));
    });

    it('shows nothing for a batch without rows', async () => {
      const harness = await openHarness();
      const sink = await harness.open();
      await sink.write({ ...aWrite(1), rows: 0, bytes: new Uint8Array() });
      expect(await harness.rows()).toEqual([]);
      expect(await sink.write(aWrite(2))).toBe('written');
      await sink.close();
    });

    it('shows a batch whole or not at all, and in the end once, wherever its writer dies', async () => {
      let steps = 0;
      for (let step = 1; step <= STEPS_MAX; step += 1) {
        const harness = await openHarness();
        const first = await harness.open();
        await first.write(aWrite(1));
        const fate = await harness.dyingAt(step, () => first.write(aWrite(2)));
        await first.close();
        expect([rowsOf(1), rowsOf(1, 2)]).toContainEqual(await sortedRows(harness));

        const second = await harness.open();
        const holds = await second.holds(aWrite(2));
        expect(await second.write(aWrite(2))).toBe(holds ? 'already_held' : 'written');
        await second.write(aWrite(3));
        await second.close();
        expect(await sortedRows(harness)).toEqual(rowsOf(1, 2, 3));
        if (fate === 'survived') break;
        steps = step;
      }
      expect(steps).toBeGreaterThan(1);
      expect(steps).toBeLessThan(STEPS_MAX);
    });
  });
}

const ROWS_PER_BATCH = 3;
const rowsOf = (...batches: readonly number[]): string[] =>
  batches
    .flatMap((batch) =>
      Array.from({ length: ROWS_PER_BATCH }, (_, row) => JSON.stringify({ batch, row, text: 'ä"\n' })),
    )
    .sort();

/** A batch of three rows with the members `batch`, `row` and `text`. */
export const aWrite = (batch: number): SinkWrite => {
  const rows = rowsOf(batch);
  const bytes = Buffer.from(rows.map((row) => `${row}\n`).join(''));
  return { timeline: 1, batchId: batch, batchTimeMs: 1_700_000_000_000 + batch * 500, rows: rows.length, bytes };
};

const sortedRows = async (harness: SinkHarness): Promise<string[]> => [...(await harness.rows())].sort();
