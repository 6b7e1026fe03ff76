import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Source } from '@tidemark/engine';
import { describe, expect, it } from 'vitest';
import { aContext, aNode } from '../connector.contract.js';
import { openSink, openSource } from '../connectors.js';
import { aWrite } from '../sink.contract.js';
import { aRequest } from '../source.contract.js';

/** Without it, there is a moment between a look and a step. */
const SHOWS_OPEN_FILES = existsSync('/proc/self/fd');
const REFUSED = { code: 'connector_refused' };
const OF_ITS_OWN = '"mine"\n';
const OF_OTHERS = '"not yours"\n'.repeat(3);

/** Puts a link to `to` in the place of what is at `path`. */
async function swap(path: string, to: string): Promise<void> {
  await rename(path, `${path}-before`);
  await symlink(to, path);
}

/** A folder of nobody, with what the tenant's own has, and what the tenant has. */
async function aPlace() {
  const context = await aContext();
  const outside = join(context.filesRoot, 'outside');
  const own = join(context.filesRoot, 'demo');
  for (const folder of ['', 'in', 'in/flights']) await mkdir(join(outside, folder));
  for (const folder of ['in', 'in/flights']) await mkdir(join(own, folder));
  for (const folder of ['', 'in', 'in/flights']) await writeFile(join(outside, folder, 'a.jsonl'), OF_OTHERS);
  await writeFile(join(own, 'in/flights/a.jsonl'), OF_ITS_OWN);
  return { context, outside, own };
}

async function aSource() {
  const place = await aPlace();
  const node = aNode('source', 'files', { path: 'in/flights', format: 'json' });
  return { ...place, source: await openSource(node, place.context), node };
}

const read = async (source: Source): Promise<string> => {
  const chunks = await source.read(await source.plan(aRequest(1)));
  return chunks.map(({ bytes }) => Buffer.from(bytes).toString()).join('');
};

describe('an input folder that is swapped for a link while a job reads it', () => {
  const swaps = { 'in/flights': 'in/flights', in: 'in' };
  for (const [path, to] of Object.entries(swaps)) {
    it(`is refused if that leads out of the tenant's files: "${path}"`, async () => {
      const { source, own, outside } = await aSource();
      const before = { 'a.jsonl': OF_ITS_OWN.length };
      expect(await read(source)).toBe(OF_ITS_OWN);
      await swap(join(own, path), join(outside, to));
      await expect(source.plan({ ...aRequest(2), from: before })).rejects.toMatchObject(REFUSED);
      await expect(source.backlog?.(before)).rejects.toMatchObject(REFUSED);
      await expect(source.read({ 'a.jsonl': { from: 0, to: OF_ITS_OWN.length } })).rejects.toMatchObject(REFUSED);
      await expect(source.seekable?.extent()).rejects.toMatchObject(REFUSED);
      await expect(source.seekable?.count('a.jsonl', { from: 0, to: 1 })).rejects.toMatchObject(REFUSED);
    });
  }

  it('is followed within them', async () => {
    const { source, own } = await aSource();
    await mkdir(join(own, 'elsewhere'));
    await writeFile(join(own, 'elsewhere/b.jsonl'), '"mine too"\n');
    await swap(join(own, 'in/flights'), join(own, 'elsewhere'));
    expect(await read(source)).toBe('"mine too"\n');
  });

  it.runIf(SHOWS_OPEN_FILES)('never has a byte of another read, whenever it is swapped', async () => {
    const { source, own, outside } = await aSource();
    const folder = join(own, 'in/flights');
    const stop = flipping(folder, join(outside, 'in/flights'));
    const seen = new Set<string>();
    for (let nth = 0; nth < 400 || lacks(seen, OF_ITS_OWN); nth += 1) seen.add(await read(source).catch(codeOf));
    await stop();
    expect([...seen].filter((text) => text.includes('not yours'))).toEqual([]);
  });

  it('may lie behind a link of the operator', async () => {
    const { context, own, node, outside } = await aSource();
    await rename(own, join(context.filesRoot, 'disk'));
    await symlink(join(context.filesRoot, 'disk'), own);
    const source = await openSource(node, context);
    expect(await read(source)).toBe(OF_ITS_OWN);
    await swap(join(own, 'in/flights'), join(outside, 'in/flights'));
    await expect(source.plan(aRequest(2))).rejects.toMatchObject(REFUSED);
  });
});

async function aSink() {
  const place = await aPlace();
  for (const folder of ['_uploads', '_commits', '_timelines', 't1']) await mkdir(join(place.outside, folder));
  await rm(join(place.outside, 'in'), { recursive: true });
  await rm(join(place.outside, 'a.jsonl'));
  const sink = await openSink(aNode('sink', 'files', { path: 'out/rows' }), place.context);
  await sink.write(aWrite(1));
  return { ...place, sink, rows: join(place.own, 'out/rows') };
}

const writtenOutside = async (outside: string): Promise<readonly string[]> => {
  const found = await readdir(outside, { recursive: true });
  return found.filter(
    (name) => !['_uploads', '_commits', '_timelines', 't1', 'rows'].includes(name.split('/').at(-1) ?? ''),
  );
};

describe('an output folder that is swapped for a link while a job writes to it', () => {
  for (const name of ['.', '_uploads', '_commits', 't1']) {
    it(`is refused, and nothing is written there: "${name}"`, async () => {
      const { sink, outside, rows } = await aSink();
      await swap(join(rows, name), join(outside, name));
      await expect(sink.write(aWrite(2))).rejects.toMatchObject(REFUSED);
      expect(await writtenOutside(outside)).toEqual([]);
    });
  }

  it('is refused also where a folder above it was swapped', async () => {
    const { sink, outside, rows } = await aSink();
    await mkdir(join(outside, 'rows'));
    for (const name of ['_uploads', '_commits']) await rename(join(outside, name), join(outside, 'rows', name));
    await swap(join(rows, '..'), outside);
    await expect(sink.write(aWrite(2))).rejects.toMatchObject(REFUSED);
    expect(await writtenOutside(outside)).toEqual([]);
  });

  it('is refused where it tells of timelines', async () => {
    const { sink, outside, rows } = await aSink();
    await sink.beginTimeline?.(2, { timeline: 1, batchId: 1 });
    await swap(join(rows, '_timelines'), join(outside, '_timelines'));
    await expect(sink.beginTimeline?.(3, { timeline: 2, batchId: 1 })).rejects.toMatchObject(REFUSED);
    expect(await writtenOutside(outside)).toEqual([]);
  });

  it('has no single file of it taken from elsewhere', async () => {
    const { context, sink, outside, rows } = await aSink();
    const theirs = join(outside, 'theirs');
    await writeFile(theirs, '{"secret":1}\n');
    await symlink(theirs, join(rows, 't1/part-b0000000002.jsonl'));
    await expect(sink.write(aWrite(2))).rejects.toMatchObject(REFUSED);
    await symlink(theirs, join(rows, '_commits/t1-b0000000003.json'));
    await expect(sink.write(aWrite(3))).rejects.toMatchObject(REFUSED);
    await swap(join(rows, '_owner.json'), join(rows, '_owner.json-before'));
    const node = aNode('sink', 'files', { path: 'out/rows' });
    await expect(openSink(node, context)).rejects.toMatchObject(REFUSED);
  });

  it.runIf(SHOWS_OPEN_FILES)('never has a byte written elsewhere, whenever it is swapped', async () => {
    const { sink, outside, rows } = await aSink();
    const outcomes = new Set<string>();
    const stop = flipping(rows, outside);
    for (let batchId = 2; batchId < 150 || lacks(outcomes, 'written'); batchId += 1) {
      outcomes.add(await sink.write(aWrite(batchId)).catch(codeOf));
    }
    await stop();
    expect(await writtenOutside(outside)).toEqual([]);
  });

  it("may be another folder by then, or one behind a link within the tenant's files", async () => {
    const { sink, own, rows } = await aSink();
    await rename(rows, join(own, 'moved'));
    await expect(sink.write(aWrite(2))).rejects.toMatchObject({ code: 'sink_unavailable' });
    await symlink(join(own, 'moved'), rows);
    expect(await sink.write(aWrite(2))).toBe('written');
  });
});

/** Whether what comes of a folder in its place, or of a link there, was not met yet: which it is, is chance. */
const lacks = (met: ReadonlySet<string>, inPlace: string): boolean =>
  !met.has(inPlace) || !met.has('connector_refused');

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error);

/** Swaps a folder for a link and back, over and over. Ends with the folder in its place. */
function flipping(path: string, to: string): () => Promise<void> {
  let isOver = false;
  const done = (async () => {
    while (!isOver) {
      await swap(path, to);
      await rm(path);
      await rename(`${path}-before`, path);
    }
  })();
  return async () => {
    isOver = true;
    await done;
  };
}
