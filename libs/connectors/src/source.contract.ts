import type { PartitionRange } from '@tidemark/domain';
import { bytesPerSource, type InputChunk, type PlanRequest, type Source } from '@tidemark/engine';
import { describe, expect, it } from 'vitest';

export interface SourceHarness {
  /** One run's source on the same data as every other that this harness opens. */
  open(): Promise<Source>;
  /** Makes more records available, and resolves when the given source can plan them. */
  feed(source: Source): Promise<void>;
  /** Every record that was made available and planned so far, in order within a partition. */
  records(): ReadonlyMap<string, readonly string[]>;
  /** False for a source that has always more to give. */
  readonly runsDry: boolean;
}

type Ranges = { readonly [partition: string]: PartitionRange };
interface Planned {
  readonly request: PlanRequest;
  readonly ranges: Ranges;
}

const INTERVAL_MS = 500;
const BATCHES = 4;
const BYTES_MAX = bytesPerSource(1);
/** Room for a record or two of every harness. */
const FEW_BYTES = 80;

/** What every source must do, whatever it reads from. */
export function sourceContract(name: string, openHarness: () => Promise<SourceHarness>): void {
  describe(`${name} as a source`, () => {
    it('plans ranges that tile each partition, and reads exactly the records in them', async () => {
      const harness = await openHarness();
      const source = await harness.open();
      const planned = await planBatches(source, harness);

      const read = new Map<string, string[]>();
      const reached: { [partition: string]: number } = {};
      for (const { ranges } of planned) {
        for (const chunk of await source.read(ranges)) {
          expect(chunk.range).toEqual(ranges[chunk.partition]);
          expect(chunk.range.from).toBe(reached[chunk.partition] ?? 0);
          reached[chunk.partition] = chunk.range.to;
          expect(lengthOf(chunk)).toBe(chunk.range.to - chunk.range.from);
          read.set(chunk.partition, [...(read.get(chunk.partition) ?? []), ...linesOf(chunk)]);
        }
      }
      expect([...read.values()].flat().length).toBeGreaterThan(0);
      expect(Object.fromEntries(read)).toEqual(Object.fromEntries(harness.records()));
      await source.close();
    });

    it('reads the same bytes again, in the same run and in the next', async () => {
      const harness = await openHarness();
      const source = await harness.open();
      const planned = await planBatches(source, harness);
      const first = await readAll(source, planned);
      expect(await readAll(source, planned)).toEqual(first);
      await source.close();

      const next = await harness.open();
      expect(await readAll(next, planned)).toEqual(first);
      await next.close();
    });

    it('gives the chunks in the same order, in whatever order the plan names them', async () => {
      const harness = await openHarness();
      const source = await harness.open();
      const planned = await planBatches(source, harness);
      const reversed = planned.map(({ request, ranges }) => ({
        request,
        ranges: Object.fromEntries(Object.entries(ranges).reverse()),
      }));
      expect(await readAll(source, reversed)).toEqual(await readAll(source, planned));
      await source.close();
    });

    it('goes on where the last plan ended, in another run', async () => {
      const harness = await openHarness();
      const source = await harness.open();
      const planned = await planBatches(source, harness);
      await source.close();

      const next = await harness.open();
      await harness.feed(next);
      const from = reachedBy(planned);
      const ranges = await next.plan({ ...aRequest(BATCHES + 1), from });
      expect(Object.keys(ranges).length).toBeGreaterThan(0);
      for (const [partition, range] of Object.entries(ranges)) {
        expect(range.from).toBe(from[partition] ?? 0);
        expect(range.to).toBeGreaterThan(range.from);
      }
      await next.close();
    });

    it('plans no more than the batch has room for, and leaves the rest to the next', async () => {
      const harness = await openHarness();
      const source = await harness.open();
      const planned: Planned[] = [];
      await harness.feed(source);
      for (let batchId = 1; batchId <= BATCHES; batchId += 1) {
        await harness.feed(source);
        const request = aRequest(batchId, { from: reachedBy(planned), bytesMax: FEW_BYTES });
        const ranges = await source.plan(request);
        planned.push({ request, ranges });
        const chunks = await source.read(ranges);
        const bytes = chunks.reduce((sum, chunk) => sum + chunk.bytes.length, 0);
        expect(bytes).toBeGreaterThan(0);
        expect(bytes).toBeLessThanOrEqual(FEW_BYTES);
        for (const { partition, range } of chunks) {
          expect(range.from).toBe(reachedBy(planned.slice(0, -1))[partition] ?? 0);
        }
      }
      await source.close();
    });

    it('may be asked in vain, if it says so: the answer is the same again, and what was read before stays as it was', async () => {
      const harness = await openHarness();
      const source = await harness.open();
      if (source.canPlanAhead !== true) return;
      const planned = await planBatches(source, harness);
      const first = await readAll(source, planned);
      await harness.feed(source);
      const request = { ...aRequest(BATCHES + 1), from: reachedBy(planned) };
      const ranges = await source.plan(request);
      expect(Object.keys(ranges).length).toBeGreaterThan(0);
      expect(await source.plan(request)).toEqual(ranges);
      expect(await readAll(source, planned)).toEqual(first);
      await source.close();
    });

    it('tells how much waits in it, if it can: all that was made available, in ranges that tile', async () => {
      const harness = await openHarness();
      const source = await harness.open();
      if (source.backlog === undefined || !harness.runsDry) return;
      const planned = await planBatches(source, harness);
      expect(await source.backlog(reachedBy(planned))).toEqual({});
      await harness.feed(source);
      const backlog = await source.backlog(reachedBy(planned));
      expect(Object.keys(backlog).length).toBeGreaterThan(0);
      expect(await source.plan({ ...aRequest(BATCHES + 1), from: reachedBy(planned) })).toEqual(placesOf(backlog));
      await source.close();
    });

    it('plans up to a given end and no further, in small batches too', async () => {
      const harness = await openHarness();
      const source = await harness.open();
      if (source.backlog === undefined || !harness.runsDry) return;
      await harness.feed(source);
      const end = await source.backlog({});
      const until = Object.fromEntries(Object.entries(end).map(([partition, { to }]) => [partition, to]));
      await harness.feed(source);
      const planned: Planned[] = [];
      for (let batchId = 1; ; batchId += 1) {
        const request = aRequest(batchId, { from: reachedBy(planned), bytesMax: FEW_BYTES, until });
        const ranges = await source.plan(request);
        if (Object.keys(ranges).length === 0) break;
        planned.push({ request, ranges });
      }
      expect(reachedBy(planned)).toEqual(until);
      await source.close();
    });

    it('plans nothing when there is nothing new', async () => {
      const harness = await openHarness();
      if (!harness.runsDry) return;
      const source = await harness.open();
      const planned = await planBatches(source, harness);
      expect(await source.plan({ ...aRequest(BATCHES + 1), from: reachedBy(planned) })).toEqual({});
      expect(await source.read({})).toEqual([]);
      await source.close();
    });

    it('tells what it holds, and finds its beginning and its end, if its offsets can be set', async () => {
      const harness = await openHarness();
      const source = await harness.open();
      if (source.seekable === undefined) return;
      await planBatches(source, harness);
      const extent = await source.seekable.extent();
      expect(Object.keys(extent).sort()).toEqual(
        [...new Set([...Object.keys(extent), ...harness.records().keys()])].sort(),
      );
      const { offsets, identities } = await source.seekable.seek('earliest');
      expect(offsets).toEqual(
        Object.fromEntries(Object.entries(extent).map(([name, { earliest }]) => [name, earliest])),
      );
      const first = await source.plan({ ...aRequest(1), from: offsets, identities });
      for (const [name, { from }] of Object.entries(first)) expect(from).toBe(offsets[name]);
      if (!harness.runsDry) return;
      const end = await source.seekable.seek('latest');
      expect(await source.plan({ ...aRequest(1), from: end.offsets, identities: end.identities })).toEqual({});
      await harness.feed(source);
      const next = await source.plan({ ...aRequest(1), from: end.offsets, identities: end.identities });
      expect(Object.keys(next).length).toBeGreaterThan(0);
      for (const [name, { from }] of Object.entries(next)) expect(from).toBe(end.offsets[name] ?? 0);
      await source.close();
    });

    it('recognises what it has read in another run, and takes every place that its plans end at for an offset', async () => {
      const harness = await openHarness();
      const source = await harness.open();
      if (source.seekable === undefined) return;
      const planned = await planBatches(source, harness);
      const identities: { [partition: string]: string } = {};
      for (const { ranges } of planned)
        for (const { partition, identity } of await source.read(ranges, identities))
          if (identity !== undefined) identities[partition] = identity;
      await source.close();

      const next = await harness.open();
      const offsets = reachedBy(planned);
      await next.seekable?.check({ offsets, identities });
      expect(Object.keys((await next.seekable?.locate(offsets)) ?? {})).toEqual(Object.keys(identities));
      await expect(next.seekable?.locate({ 'not there': 0 })).rejects.toMatchObject({ code: 'partition_unknown' });
      await next.close();
    });
  });
}

export const aRequest = (batchId: number, overrides: Partial<PlanRequest> = {}): PlanRequest => ({
  from: {},
  timeline: 1,
  batchId,
  batchTimeMs: 1_700_000_000_000 + batchId * INTERVAL_MS,
  intervalMs: INTERVAL_MS,
  bytesMax: BYTES_MAX,
  ...overrides,
});

export const linesOf = (chunk: InputChunk): string[] => {
  const lines = Buffer.from(chunk.bytes).toString().split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
};

async function planBatches(source: Source, harness: SourceHarness): Promise<readonly Planned[]> {
  const planned: Planned[] = [];
  for (let batchId = 1; batchId <= BATCHES; batchId += 1) {
    await harness.feed(source);
    const request = { ...aRequest(batchId), from: reachedBy(planned) };
    planned.push({ request, ranges: await source.plan(request) });
  }
  return planned;
}

function reachedBy(planned: readonly Planned[]): { readonly [partition: string]: number } {
  const reached: { [partition: string]: number } = {};
  for (const { ranges } of planned) for (const [partition, { to }] of Object.entries(ranges)) reached[partition] = to;
  return reached;
}

async function readAll(source: Source, planned: readonly Planned[]): Promise<readonly string[]> {
  const texts: string[] = [];
  for (const { ranges } of planned) {
    for (const chunk of await source.read(ranges))
      texts.push(`${chunk.partition}: ${Buffer.from(chunk.bytes).toString()}`);
  }
  return texts;
}

/** Ranges without what else a source says of them. */
const placesOf = (ranges: Ranges): Ranges =>
  Object.fromEntries(Object.entries(ranges).map(([name, { from, to }]) => [name, { from, to }]));

const lengthOf = (chunk: InputChunk): number =>
  chunk.offsetUnit === 'bytes' ? chunk.bytes.length : linesOf(chunk).length;
