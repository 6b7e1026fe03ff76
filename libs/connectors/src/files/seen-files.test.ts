import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PartitionIdentities, PartitionOffsets } from '@tidemark/domain';
import { beforeEach, describe, expect, it } from 'vitest';
import { aContext, aNode } from '../connector.contract.js';
import { openSource } from '../connectors.js';
import { aRequest, linesOf } from '../source.contract.js';

let folder: string;
let context: Awaited<ReturnType<typeof aContext>>;
beforeEach(async () => {
  context = await aContext();
  folder = join(context.filesRoot, 'demo', 'flights');
  await mkdir(folder);
});

const write = (name: string | Buffer, text: string): Promise<void> =>
  writeFile(typeof name === 'string' ? join(folder, name) : Buffer.concat([Buffer.from(`${folder}/`), name]), text);
const open = (more: object = {}) =>
  openSource(aNode('source', 'files', { path: 'flights', format: 'text', ...more }), context);

/** Reads one batch, and answers where the job stands then. */
async function readBatch(before: { from: PartitionOffsets; identities: PartitionIdentities }, records: number) {
  const source = await open({ maxRecordsPerBatch: records });
  const ranges = await source.plan({ ...aRequest(1), ...before });
  const chunks = await source.read(ranges, before.identities);
  const known = chunks.map(({ partition, range, identity = '' }) => ({ partition, offset: range.to, identity }));
  const read = chunks.flatMap(linesOf);
  const from = { ...before.from, ...Object.fromEntries(known.map(({ partition, offset }) => [partition, offset])) };
  const now = Object.fromEntries(known.map(({ partition, identity }) => [partition, identity]));
  return { ranges, read, stand: { from, identities: { ...before.identities, ...now } } };
}
const START = { from: {}, identities: {} };

describe('a file that has to wait until others are read', () => {
  beforeEach(async () => {
    await write('a.log', 'one\ntwo\n');
    await write('b.log', 'three\n');
  });

  it('is known from the first batch on, at its beginning, and read in its turn', async () => {
    const first = await readBatch(START, 1);
    expect(first.read).toEqual(['one']);
    expect(first.ranges).toEqual({ 'a.log': { from: 0, to: 4 }, 'b.log': { from: 0, to: 0 } });
    const second = await readBatch(first.stand, 1);
    expect(second.ranges).toEqual({ 'a.log': { from: 4, to: 8 } });
    expect(await readBatch(second.stand, 1)).toMatchObject({ read: ['three'], stand: { from: { 'b.log': 6 } } });
  });

  it('is missed when it is gone before its turn', async () => {
    const { stand } = await readBatch(START, 1);
    await rm(join(folder, 'b.log'));

    await expect(readBatch(stand, 1)).rejects.toMatchObject({
      code: 'offsets_expired',
      params: { partition: 'b.log', from: 0, to: 6 },
    });
  });

  it('is known again where the batch that saw it is run again', async () => {
    const { ranges, stand } = await readBatch(START, 1);
    const again = await (await open()).read(ranges);
    expect(Object.fromEntries(again.map(({ partition, identity }) => [partition, identity]))).toEqual(stand.identities);
  });

  it('makes no batch by itself, nor where a run ends before it', async () => {
    const source = await open({ maxRecordsPerBatch: 1 });
    const until = { 'a.log': 4 };
    expect(await source.plan({ ...aRequest(1), until })).toEqual({ 'a.log': { from: 0, to: 4 } });
    await write('a.log', '');
    await write('b.log', 'no newline');
    expect(await source.plan(aRequest(1))).toEqual({});
  });
});

describe('a file whose name is not valid UTF-8', () => {
  const bad = Buffer.from([0x62, 0xff, 0xfe]);

  it('is refused: no plan could name it', async () => {
    await write(bad, 'one\n');
    await expect(open()).rejects.toMatchObject({
      code: 'source_missing',
      message: expect.stringContaining('not valid UTF-8 ("b\uFFFD\uFFFD"). Rename it') as string,
    });
  });

  it('is none whose name holds the sign for it, and none that is no input', async () => {
    await write('\uFFFD.log', 'one\n');
    await write(Buffer.concat([Buffer.from('_'), bad]), 'two\n');
    expect(await (await open()).plan(aRequest(1))).toEqual({ '\uFFFD.log': { from: 0, to: 4 } });
  });
});
