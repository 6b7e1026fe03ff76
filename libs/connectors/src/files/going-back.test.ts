import { appendFile, cp, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { identitiesGoingBack, type PartitionIdentities, type PartitionOffsets } from '@tidemark/domain';
import type { Source } from '@tidemark/engine';
import { beforeEach, describe, expect, it } from 'vitest';
import { aContext, aNode } from '../connector.contract.js';
import { openSource } from '../connectors.js';
import { aRequest } from '../source.contract.js';

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
const NOTHING: Stand = { from: {}, identities: {} };

/** Reads all that is there, as a run does, and answers where it stands then. */
async function readAll(before: Stand = NOTHING): Promise<Stand> {
  const source = await open();
  const from = { ...before.from };
  const identities = { ...before.identities };
  const ranges = await source.plan({ ...aRequest(1), from, identities });
  for (const { partition, range, identity = '' } of await source.read(ranges, identities)) {
    from[partition] = range.to;
    identities[partition] = identity;
  }
  return { from, identities };
}

/** A job that stood at `from` goes back, or forward, to `to`. */
function going(to: Stand, { from, identities }: Stand): Stand {
  const standing = { offsets: { in: from }, identities: { in: identities } };
  const known = identitiesGoingBack({ offsets: { in: to.from }, identities: { in: to.identities } }, standing);
  return { from: to.from, identities: known['in'] ?? {} };
}

const planNext = async (stand: Stand) => (await open()).plan({ ...aRequest(99), ...stand });
const check = async ({ from: offsets, identities }: Stand) => (await open()).seekable?.check({ offsets, identities });
const gone = (partition: string, from: number, to: number) => ({
  code: 'offsets_expired',
  params: { source: 'lines', partition, from, to },
});

const [TEN, TWENTY] = [lines(10).length, lines(10).length + lines(10, 'more').length];

/** A file that was read, grew, and was read to its end again. */
async function readTwice(): Promise<{ readonly checkpoint: Stand; readonly tip: Stand }> {
  await writeFile(path('a.log'), lines(10));
  const checkpoint = await readAll();
  await appendFile(path('a.log'), lines(10, 'more'));
  return { checkpoint, tip: await readAll(checkpoint) };
}

describe('a job that goes back in files', () => {
  it('is told what was read since of a file that is gone, before a batch reads anything', async () => {
    const { checkpoint, tip } = await readTwice();
    await rm(path('a.log'));
    const back = going(checkpoint, tip);

    await expect(planNext(back)).rejects.toMatchObject(gone('a.log', TEN, TWENTY));
    await expect(check(back)).rejects.toMatchObject(gone('a.log', TEN, TWENTY));
    await expect(planNext(tip)).resolves.toEqual({});
  });

  it('is told the same of a file that was not seen yet there', async () => {
    const { tip } = await readTwice();
    await rm(path('a.log'));

    await expect(planNext(going(NOTHING, tip))).rejects.toMatchObject(gone('a.log', 0, TWENTY));
    await expect(check(going(NOTHING, tip))).rejects.toMatchObject(gone('a.log', 0, TWENTY));
  });

  it('reads it again where it is there, also a copy that was put in its place, and one in which lines were put right', async () => {
    const { checkpoint, tip } = await readTwice();
    await cp(path('a.log'), path('.copy'));
    const range = { 'a.log': { from: TEN, to: TWENTY } };
    await writeFile(path('a.log'), lines(10) + lines(10, 'MORE'));
    expect(await planNext(going(checkpoint, tip))).toEqual(range);
    await rename(path('.copy'), path('a.log'));
    expect(await planNext(going(checkpoint, tip))).toEqual(range);
    expect(await planNext(going(NOTHING, tip))).toEqual({ 'a.log': { from: 0, to: TWENTY } });
  });

  it('is told where the file has become shorter, or another one has its name', async () => {
    const { checkpoint, tip } = await readTwice();
    await writeFile(path('a.log'), lines(10));
    await expect(planNext(going(checkpoint, tip))).rejects.toMatchObject(gone('a.log', TEN, TWENTY));
    await writeFile(path('.new'), lines(50, 'other'));
    await rename(path('.new'), path('a.log'));
    await expect(planNext(going(NOTHING, tip))).rejects.toMatchObject({
      code: 'partition_replaced',
      params: { partition: 'a.log', offset: TWENTY },
    });
  });

  it.each([['new\n'], [lines(10, 'LINE')]])('is told of another file that had the name since: %j', async (text) => {
    const { checkpoint } = await readTwice();
    await writeFile(path('a.log'), text);
    const other = await readAll();
    await rm(path('a.log'));

    await expect(planNext(going(checkpoint, other))).rejects.toMatchObject(gone('a.log', 0, text.length));
  });

  it('needs nothing of a file that is gone and was read to its end where it goes', async () => {
    const { checkpoint, tip } = await readTwice();
    const again = going(checkpoint, tip);
    await rm(path('a.log'));

    // Back, and forward again; back further, and forward again.
    expect(await planNext(going(tip, again))).toEqual({});
    expect(await planNext(going(tip, going(NOTHING, again)))).toEqual({});
  });

  it('needs nothing more of a file once it has read it again', async () => {
    const { checkpoint, tip } = await readTwice();
    const again = await readAll(going(checkpoint, tip));
    expect(again.from).toEqual(tip.from);
    await rm(path('a.log'));

    expect(await planNext(again)).toEqual({});
  });

  it('goes on at an offset that was set by hand, in another file of the name as well', async () => {
    const { tip } = await readTwice();
    await writeFile(path('.new'), lines(3, 'other'));
    await rename(path('.new'), path('a.log'));
    await expect(planNext(going(NOTHING, tip))).rejects.toThrow();
    const offsets = { 'a.log': 0 };
    const identities = (await (await open()).seekable?.locate(offsets)) ?? {};
    expect(await planNext({ from: offsets, identities })).toEqual({
      'a.log': { from: 0, to: lines(3, 'other').length },
    });
  });
});
