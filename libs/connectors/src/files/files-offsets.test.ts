import { appendFile, cp, mkdir, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PartitionIdentities, PartitionOffsets } from '@tidemark/domain';
import type { SeekableOffsets, Source } from '@tidemark/engine';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { aContext, aNode } from '../connector.contract.js';
import { openSource } from '../connectors.js';
import { aRequest, linesOf } from '../source.contract.js';

let folder: string;
let open: () => Promise<Source>;
beforeEach(async () => {
  const context = await aContext();
  folder = join(context.filesRoot, 'demo', 'flights');
  await mkdir(folder);
  open = () => openSource(aNode('source', 'files', { path: 'flights', format: 'text' }), context);
});

const path = (name: string): string => join(folder, name);
const lines = (count: number, word = 'line'): string =>
  Array.from({ length: count }, (_, index) => `${word} ${index}\n`).join('');

interface Stand {
  readonly from: PartitionOffsets;
  readonly identities: PartitionIdentities;
}

/** Reads all that is there, as a run does, and answers where it stands then. */
async function readAll(before: Stand = { from: {}, identities: {} }, maxBatches = 100): Promise<Stand> {
  const source = await open();
  const from = { ...before.from };
  const identities = { ...before.identities };
  for (let batchId = 1; batchId <= maxBatches; batchId += 1) {
    const ranges = await source.plan({ ...aRequest(batchId), from, identities });
    if (Object.keys(ranges).length === 0) break;
    for (const { partition, range, identity = '' } of await source.read(ranges, identities)) {
      from[partition] = range.to;
      identities[partition] = identity;
    }
  }
  return { from, identities };
}

const planNext = async (stand: Stand) => (await open()).plan({ ...aRequest(99), ...stand });

const offsetsOf = async (): Promise<SeekableOffsets> => {
  const { seekable } = await open();
  if (seekable === undefined) throw new Error('Offsets of files can be set.');
  return seekable;
};

describe('a file that was read', () => {
  it('R23: is refused when another, longer one has its name, also with a newline in the right place', async () => {
    await writeFile(path('a.log'), lines(10, 'line'));
    const stand = await readAll();
    await rm(path('a.log'));
    await writeFile(path('a.log'), lines(20, 'LINE'));

    await expect(planNext(stand)).rejects.toMatchObject({
      code: 'partition_replaced',
      params: { source: 'lines', partition: 'a.log', offset: lines(10).length },
    });
  });

  it('is refused when a new one begins alike and goes on otherwise, as rotated logs do', async () => {
    const header = `${'# a long header '.repeat(200)}\n`;
    await writeFile(path('a.log'), header + lines(500));
    const stand = await readAll();
    await writeFile(path('a.log'), header + lines(1_000, 'LINE'));

    await expect(planNext(stand)).rejects.toMatchObject({ code: 'partition_replaced' });
  });

  it('goes on when a copy was put in its place, or it has grown', async () => {
    await writeFile(path('a.log'), lines(500));
    const stand = await readAll();
    await cp(path('a.log'), path('.copy'));
    await rm(path('a.log'));
    await rename(path('.copy'), path('a.log'));
    await appendFile(path('a.log'), 'more\n');

    const end = lines(500).length;
    expect(await planNext(stand)).toMatchObject({ 'a.log': { from: end, to: end + 5 } });
  });

  it('is not read again under another name', async () => {
    await writeFile(path('a.log'), lines(10));
    const stand = await readAll();
    await rename(path('a.log'), path('a.log.1'));
    await writeFile(path('a.log'), '');

    await expect(planNext({ ...stand, from: { ...stand.from } })).rejects.toMatchObject({ code: 'offsets_expired' });
    await rm(path('a.log'));
    await expect(planNext(stand)).rejects.toMatchObject({
      code: 'partition_renamed',
      params: { partition: 'a.log.1', before: 'a.log', offset: lines(10).length },
    });
  });

  it('R23: says which range is missing when it is gone with lines that were seen and not read', async () => {
    await writeFile(path('a.log'), lines(10));
    const source = await open();
    const [chunk] = await source.read(await source.plan({ ...aRequest(1), bytesMax: 20 }));
    await rm(path('a.log'));

    const { to } = chunk?.range ?? { to: 0 };
    const stand = { from: { 'a.log': to }, identities: { 'a.log': chunk?.identity ?? '' } };
    await expect(planNext(stand)).rejects.toMatchObject({
      code: 'offsets_expired',
      params: { partition: 'a.log', from: to, to: lines(10).length },
    });
  });

  it('may be removed once it was read to its end', async () => {
    await writeFile(path('a.log'), lines(10));
    const stand = await readAll();
    await rm(path('a.log'));
    await writeFile(path('b.log'), 'one\n');

    expect(Object.keys(await planNext(stand))).toEqual(['b.log']);
  });

  it('is not read as another one in a batch that is run again', async () => {
    await writeFile(path('a.log'), lines(10, 'line'));
    const stand = await readAll();
    await appendFile(path('a.log'), lines(5));
    const ranges = await planNext(stand);
    await writeFile(path('a.log'), lines(20, 'LINE'));

    await expect((await open()).read(ranges, stand.identities)).rejects.toMatchObject({ code: 'partition_replaced' });
  });

  it('may be put right where a batch is to be run again, by another file of the same length, and is known then', async () => {
    await writeFile(path('a.log'), lines(10));
    const stand = await readAll();
    await appendFile(path('a.log'), 'wrong\n');
    const ranges = await planNext(stand);
    await writeFile(path('.new'), `${lines(10)}right\n`);
    await rename(path('.new'), path('a.log'));

    const [chunk] = await (await open()).read(ranges, stand.identities);
    expect(Buffer.from(chunk?.bytes ?? []).toString()).toBe('right\n');
    await appendFile(path('a.log'), 'more\n');
    const after = { from: { 'a.log': chunk?.range.to ?? 0 }, identities: { 'a.log': chunk?.identity ?? '' } };
    expect(await planNext(after)).toMatchObject({ 'a.log': { from: after.from['a.log'] } });
  });

  it('is recognised wherever it was left, in whatever pieces it grew', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.string({ maxLength: 900 }), { minLength: 1, maxLength: 4 }), {
          minLength: 1,
          maxLength: 6,
        }),
        async (pieces) => {
          await rm(path('a.log'), { force: true });
          const stands: Stand[] = [{ from: {}, identities: {} }];
          for (const piece of pieces) {
            await appendFile(path('a.log'), piece.map((text) => `${text.replaceAll('\n', ' ')}\n`).join(''));
            stands.push(await readAll(stands.at(-1)));
          }
          // Each place that it was left at is one of the same file, also long after.
          for (const { from, identities } of stands.slice(1))
            await (await offsetsOf()).check({ offsets: from, identities });
          await truncate(path('a.log'), 1);
          await appendFile(path('a.log'), `${'\u0000'.repeat(10_000)}\n`);
          const last = stands.at(-1);
          if ((last?.from['a.log'] ?? 0) > 1)
            await expect(planNext(last ?? { from: {}, identities: {} })).rejects.toThrow();
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe('the offsets of files', () => {
  beforeEach(async () => {
    await writeFile(path('a.log'), 'first\nsecond\nthird');
    await writeFile(path('b.log'), '');
  });

  it('reach from the beginning to the end of the last whole line', async () => {
    expect(await (await offsetsOf()).extent()).toEqual({
      'a.log': { earliest: 0, latest: 13 },
      'b.log': { earliest: 0, latest: 0 },
    });
  });

  it('are taken at a place behind a newline', async () => {
    const offsets = { 'a.log': 6, 'b.log': 0 };
    const identities = await (await offsetsOf()).locate(offsets);

    const source = await open();
    const ranges = await source.plan({ ...aRequest(1), from: offsets, identities });
    expect((await source.read(ranges)).flatMap(linesOf)).toEqual(['second']);
  });

  it.each([
    [{ 'a.log': 8 }, { code: 'offset_inside_record', params: { before: 6, after: 13 } }],
    [{ 'a.log': 14 }, { code: 'offset_out_of_range', params: { earliest: 0, latest: 13 } }],
    [{ 'c.log': 0 }, { code: 'partition_unknown' }],
    [{ '../a.log': 0 }, { code: 'partition_unknown' }],
    [{ _hidden: 0 }, { code: 'partition_unknown' }],
  ])('R24: are refused elsewhere: %o', async (offsets, refusal) => {
    await writeFile(path('_hidden'), 'x\n');
    await expect((await offsetsOf()).locate(offsets as PartitionOffsets)).rejects.toMatchObject(refusal);
  });

  it('cannot be found for a time', async () => {
    await expect((await offsetsOf()).seek({ timestampMs: 0 })).rejects.toMatchObject({
      code: 'start_mode_unsupported',
    });
  });

  it('tell how many lines lie between two of them', async () => {
    await writeFile(path('b.log'), lines(20_000));
    const end = lines(20_000).length;
    expect(await (await offsetsOf()).count('b.log', { from: lines(3).length, to: end })).toBe(19_997);
  });
});
