import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, rm, stat, symlink, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sink } from '@tidemark/engine';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openSink } from '../connectors.js';
import { aWrite, exactlyOnceSinkContract } from '../sink.contract.js';
import { aContext, aNode } from '../connector.contract.js';

const aFilesNode = (path = 'out/delays') => aNode('sink', 'files', { path });

class Killed extends Error {}

exactlyOnceSinkContract('files', async () => {
  const context = await aContext();
  const folder = join(context.filesRoot, 'demo', 'out', 'delays');
  return {
    open: () => openSink(aFilesNode(), context),
    rows: () => rowsAReaderSees(folder),
    // Every step of a write ends in a sync: of a file, then of the folder that it appeared in.
    dyingAt: async (step, write) => {
      const prototype = await fileHandlePrototype(context.filesRoot);
      const sync = prototype.sync;
      let calls = 0;
      const spy = vi.spyOn(prototype, 'sync').mockImplementation(async function (this: FileHandle) {
        calls += 1;
        const [nth, moment] = [Math.ceil(step / 2), step % 2 === 1 ? 'before' : 'after'];
        if (calls > nth || (calls === nth && moment === 'before')) throw new Killed();
        await sync.call(this);
        if (calls === nth) throw new Killed();
      });
      try {
        await write();
        return 'survived';
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
        await writeFile(join(folder, '_uploads', `left-at-${step}`), 'half a file');
        return 'died';
      } finally {
        spy.mockRestore();
      }
    },
  };
});

describe('the files sink', () => {
  it('lays out parts and commit entries as documented', async () => {
    const context = await aContext();
    const sink = await openSink(aFilesNode(), context);
    const write = aWrite(42);
    await sink.write(write);
    const folder = join(context.filesRoot, 'demo', 'out', 'delays');

    expect((await readdir(folder)).sort()).toEqual(['_commits', '_owner.json', '_uploads', 't1']);
    expect(JSON.parse(await readFile(join(folder, '_commits', 't1-b0000000042.json'), 'utf8'))).toEqual({
      timeline: 1,
      batchId: 42,
      batchTimeMs: write.batchTimeMs,
      rows: 3,
      bytes: write.bytes.length,
      file: 't1/part-b0000000042.jsonl',
      sha256: createHash('sha256').update(write.bytes).digest('hex'),
    });
    expect(await readFile(join(folder, 't1', 'part-b0000000042.jsonl'))).toEqual(Buffer.from(write.bytes));
    expect(await readdir(join(folder, '_uploads'))).toEqual([]);
  });

  it('commits the part that is there, also when the batch comes again with other rows', async () => {
    const context = await aContext();
    const sink = await openSink(aFilesNode(), context);
    const folder = join(context.filesRoot, 'demo', 'out', 'delays');
    await mkdir(join(folder, 't1'));
    await writeFile(join(folder, 't1', 'part-b0000000001.jsonl'), '{"old":1}\n');

    expect(await sink.write(aWrite(1))).toBe('already_held');
    expect(await rowsAReaderSees(folder)).toEqual(['{"old":1}']);
  });

  it('makes durable what a killed run has left before it says that it holds it', async () => {
    const context = await aContext();
    const folder = join(context.filesRoot, 'demo', 'out', 'delays');
    await (await openSink(aFilesNode(), context)).write(aWrite(1));
    await writeFile(join(folder, 't1', 'part-b0000000002.jsonl'), aWrite(2).bytes);
    const inodes = (...names: readonly string[]): Promise<readonly number[]> =>
      Promise.all(names.map(async (name) => (await stat(join(folder, name))).ino));

    let sink: Sink | undefined;
    const opening = await foldersSyncedBy(context.filesRoot, async () => {
      sink = await openSink(aFilesNode(), context);
    });
    expect(opening).toEqual(expect.arrayContaining([...(await inodes('.', '..', '../..', '../../..'))]));
    const finishing = await foldersSyncedBy(context.filesRoot, () => sink?.write(aWrite(2)));
    expect(finishing).toEqual(expect.arrayContaining([...(await inodes('.', 't1', '_commits'))]));
    const repeating = await foldersSyncedBy(context.filesRoot, () => sink?.write(aWrite(1)));
    expect(repeating).toEqual(await inodes('_commits'));
  });

  it('says once after which batch a timeline goes on, so that a reader leaves out what was taken back', async () => {
    const context = await aContext();
    const sink = await openSink(aFilesNode(), context);
    const folder = join(context.filesRoot, 'demo', 'out', 'delays');
    for (const _ of [1, 2]) await sink.beginTimeline?.(2, { timeline: 1, batchId: 41 });
    expect(await readFile(join(folder, '_timelines', 't2.json'), 'utf8')).toBe(
      '{"timeline":2,"after":{"timeline":1,"batchId":41}}\n',
    );
  });

  it('holds a batch whose part the reader has taken away', async () => {
    const context = await aContext();
    const sink = await openSink(aFilesNode(), context);
    await sink.write(aWrite(1));
    const part = join(context.filesRoot, 'demo', 'out', 'delays', 't1', 'part-b0000000001.jsonl');
    await rm(part);
    expect(await sink.holds(aWrite(1))).toBe(true);
    expect(await sink.write(aWrite(1))).toBe('already_held');
    await expect(readFile(part)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('removes what a killed run left half written', async () => {
    const context = await aContext();
    const uploads = join(context.filesRoot, 'demo', 'out', 'delays', '_uploads');
    await (await openSink(aFilesNode(), context)).close();
    await writeFile(join(uploads, 'half'), 'half');
    await openSink(aFilesNode(), context);
    expect(await readdir(uploads)).toEqual([]);
  });

  it('does not share its folder with another sink or another job', async () => {
    const context = await aContext();
    await openSink(aFilesNode(), context);
    await expect(openSink({ ...aFilesNode(), uid: 'other' }, context)).rejects.toMatchObject({
      code: 'connector_refused',
    });
    const otherJob = { ...context, jobId: 'job_b' as typeof context.jobId };
    await expect(openSink(aFilesNode(), otherJob)).rejects.toMatchObject({ code: 'connector_refused' });
    await expect(openSink(aFilesNode(), { ...context, epoch: 2 })).resolves.toBeDefined();
  });

  it('R14: says that the disk is full, and writes the batch once there is room', async () => {
    const context = await aContext();
    const sink = await openSink(aFilesNode(), context);
    const spy = vi
      .spyOn(await fileHandlePrototype(context.filesRoot), 'writeFile')
      .mockRejectedValue(Object.assign(new Error('full'), { code: 'ENOSPC' }));
    onTestFinished(() => spy.mockRestore());
    await expect(sink.write(aWrite(1))).rejects.toMatchObject({
      code: 'store_full',
      params: { path: 'demo/out/delays' },
    });
    spy.mockRestore();
    expect(await sink.write(aWrite(1))).toBe('written');
  });

  it("writes nothing outside the tenant's folder", async () => {
    const context = await aContext();
    const outside = join(context.filesRoot, 'other');
    await mkdir(outside);
    await symlink(outside, join(context.filesRoot, 'demo', 'out'));
    await expect(openSink(aFilesNode(), context)).rejects.toMatchObject({ code: 'connector_refused' });

    const sink = await openSink(aFilesNode('mine'), context);
    await symlink(outside, join(context.filesRoot, 'demo', 'mine', 't1'));
    await expect(sink.write(aWrite(1))).rejects.toMatchObject({ code: 'connector_refused' });
    expect(await readdir(outside)).toEqual([]);
  });

  it('refuses a path that leads through a file', async () => {
    const context = await aContext();
    await writeFile(join(context.filesRoot, 'demo', 'out'), 'a file');
    await expect(openSink(aFilesNode(), context)).rejects.toMatchObject({ code: 'connector_refused' });
  });
});

/** Follows the commit log as docs/formats/files-sink.md says, and checks each entry against its part. */
async function rowsAReaderSees(folder: string): Promise<readonly string[]> {
  const rows: string[] = [];
  for (const name of (await readdir(join(folder, '_commits'))).sort()) {
    const entry = JSON.parse(await readFile(join(folder, '_commits', name), 'utf8')) as {
      file: string;
      rows: number;
      bytes: number;
      sha256: string;
    };
    const part = await readFile(join(folder, entry.file));
    expect({ bytes: part.length, sha256: createHash('sha256').update(part).digest('hex') }).toEqual({
      bytes: entry.bytes,
      sha256: entry.sha256,
    });
    const lines = part.toString().split('\n').slice(0, -1);
    expect(lines).toHaveLength(entry.rows);
    rows.push(...lines);
  }
  return rows;
}

/** Inode numbers of whatever was synced meanwhile. */
async function foldersSyncedBy(folder: string, act: () => Promise<unknown> | undefined): Promise<readonly number[]> {
  const prototype = await fileHandlePrototype(folder);
  const { sync } = prototype;
  const synced: number[] = [];
  const spy = vi.spyOn(prototype, 'sync').mockImplementation(async function (this: FileHandle) {
    synced.push((await this.stat()).ino);
    await sync.call(this);
  });
  try {
    await act();
    return synced;
  } finally {
    spy.mockRestore();
  }
}

async function fileHandlePrototype(folder: string): Promise<FileHandle> {
  const handle = await open(folder, 'r');
  await handle.close();
  return Object.getPrototypeOf(handle) as FileHandle;
}
