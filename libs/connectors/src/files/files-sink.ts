// Sink `files`: exactly once, as JSON lines. docs/formats/files-sink.md is the layout and how a reader follows it.
//
//   <path>/_owner.json                        which sink of which job writes here
//   <path>/_uploads/                          unfinished files; emptied when the sink is opened
//   <path>/t1/part-b0000000042.jsonl          the rows of batch 42 on timeline 1
//   <path>/_commits/t1-b0000000042.json       written after the part: the batch is there to be read
//   <path>/_timelines/t2.json                 after which batch of which timeline this one goes on
//
// A part appears whole or not at all and is never replaced, so whoever finds one without its commit entry may write
// the entry for the bytes that are there.
import { webcrypto } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TidemarkError } from '@tidemark/domain';
import type { Sink, SinkWrite, TimelineBase } from '@tidemark/engine';
import { z } from 'zod';
import { connectorEnd, refused, type ConnectorContext } from '../connector.js';
import { isCode, placeFile, syncFolder } from '../durable-file.js';
import { locateOrCreate, shownPath, tenantPath } from '../tenant-path.js';

const UPLOADS = '_uploads';
const COMMITS = '_commits';
const TIMELINES = '_timelines';
const OWNER = '_owner.json';
const NEWLINE = 10;

const options = z.strictObject({ path: tenantPath });

export const filesSink = connectorEnd(options, openFilesSink, { afterRollback: () => 'truncated' });

async function openFilesSink(uid: string, { path }: z.infer<typeof options>, context: ConnectorContext): Promise<Sink> {
  const shown = shownPath(context, path);
  return asSinkErrors(uid, shown, async () => {
    const located = await locateOrCreate(context, path);
    if (located.outcome !== 'found') throw refused(uid, `option "path": "${path}" leads out of your files folder`);
    const folder = located.path;
    for (const name of [UPLOADS, COMMITS]) await makeFolder(uid, folder, name);
    // Makes the two folders durable as well, with its own file.
    await claimFolder(uid, folder, shown, context);
    for (const name of await readdir(join(folder, UPLOADS))) await rm(join(folder, UPLOADS, name), { force: true });
    return new FilesSink(uid, folder, shown);
  });
}

class FilesSink implements Sink {
  readonly guarantee = 'exactly_once';
  /** The last timeline whose folder this sink has made durable. */
  private durableTimeline: number | undefined;

  constructor(
    readonly uid: string,
    private readonly folder: string,
    private readonly shown: string,
  ) {}

  async write(write: SinkWrite): Promise<'written' | 'already_held'> {
    // No part, no entry: a reader is told of batches that have something to read.
    if (write.rows === 0) return 'written';
    return asSinkErrors(this.uid, this.shown, async () => {
      const batch = `b${String(write.batchId).padStart(10, '0')}`;
      const entry = join(this.folder, COMMITS, `t${write.timeline}-${batch}.json`);
      if (await exists(entry)) {
        // Whoever wrote it may have been killed before it was durable, and this answer is a promise.
        await syncFolder(dirname(entry));
        return 'already_held';
      }
      const file = `t${write.timeline}/part-${batch}.jsonl`;
      await this.ensureTimeline(write.timeline);
      // The disk is the slower of the two.
      const [placed, sha256] = await Promise.all([this.placePart(file, write.bytes), digestOf(write.bytes)]);
      const part = placed.outcome === 'written' ? { ...write, sha256 } : await described(placed.bytes);
      await this.place(entry, Buffer.from(`${JSON.stringify(describe(write, file, part))}\n`));
      return placed.outcome;
    });
  }

  beginTimeline(timeline: number, after: TimelineBase): Promise<void> {
    return asSinkErrors(this.uid, this.shown, async () => {
      if ((await makeFolder(this.uid, this.folder, TIMELINES)) === 'made') await syncFolder(this.folder);
      const entry = Buffer.from(`${JSON.stringify({ timeline, after })}\n`);
      await this.place(join(this.folder, TIMELINES, `t${timeline}.json`), entry);
    });
  }

  async close(): Promise<void> {}

  /** The part as it lies there afterwards: the one given, or one of an earlier attempt that got no further. */
  private async placePart(
    file: string,
    bytes: Uint8Array,
  ): Promise<{ readonly outcome: 'written' | 'already_held'; readonly bytes: Uint8Array }> {
    const target = join(this.folder, file);
    if ((await this.place(target, bytes)) === 'placed') return { outcome: 'written', bytes };
    return { outcome: 'already_held', bytes: await readFile(target) };
  }

  private async ensureTimeline(timeline: number): Promise<void> {
    const made = await makeFolder(this.uid, this.folder, `t${timeline}`);
    if (made === 'there already' && timeline === this.durableTimeline) return;
    await syncFolder(this.folder);
    this.durableTimeline = timeline;
  }

  private place(target: string, bytes: Uint8Array): Promise<'placed' | 'taken'> {
    return placeFile(target, bytes, join(this.folder, UPLOADS));
  }
}

/** A link put here in the folder's place would lead what is written out of the tenant's files. */
async function makeFolder(uid: string, parent: string, name: string): Promise<'made' | 'there already'> {
  const folder = join(parent, name);
  const made = await mkdir(folder, { recursive: true });
  if (!(await lstat(folder)).isDirectory()) throw refused(uid, `option "path": "${name}" in it is a symbolic link`);
  return made === undefined ? 'there already' : 'made';
}

interface Part {
  readonly rows: number;
  readonly bytes: Uint8Array;
  readonly sha256: string;
}

function describe(
  { timeline, batchId, batchTimeMs }: SinkWrite,
  file: string,
  { rows, bytes, sha256 }: Part,
): { readonly [field: string]: string | number } {
  return { timeline, batchId, batchTimeMs, rows, bytes: bytes.length, file, sha256 };
}

/** A part that an earlier attempt has left. */
async function described(bytes: Uint8Array): Promise<Part> {
  return { rows: countLines(bytes), bytes, sha256: await digestOf(bytes) };
}

/** Off the event loop, on which batches of other jobs run. */
async function digestOf(bytes: Uint8Array): Promise<string> {
  return Buffer.from(await webcrypto.subtle.digest('SHA-256', new Uint8Array(bytes))).toString('hex');
}

/** Batch ids of two sinks in one folder would be taken for each other, and rows be dropped as held. */
async function claimFolder(uid: string, folder: string, shown: string, context: ConnectorContext): Promise<void> {
  const claim = Buffer.from(`${JSON.stringify({ jobId: context.jobId, sink: uid })}\n`);
  const path = join(folder, OWNER);
  if ((await placeFile(path, claim, join(folder, UPLOADS))) === 'placed') return;
  if (!claim.equals(await readFile(path))) {
    throw refused(
      uid,
      `option "path": "${shown}" holds the output of another sink (see ${OWNER} in it); choose another path`,
    );
  }
}

function countLines(bytes: Uint8Array): number {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let lines = 0;
  for (let at = text.indexOf(NEWLINE); at !== -1; at = text.indexOf(NEWLINE, at + 1)) lines += 1;
  return lines;
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return false;
    throw error;
  }
}

async function asSinkErrors<T>(uid: string, shown: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (isCode(error, 'ENOSPC', 'EDQUOT')) throw new TidemarkError('store_full', { path: shown }, { cause: error });
    if (isCode(error, 'ENOTDIR', 'EEXIST')) {
      throw refused(uid, `option "path": a part of "${shown}" is a file and not a folder`, { cause: error });
    }
    if (error instanceof Error && 'syscall' in error && 'code' in error) {
      throw new TidemarkError(
        'sink_unavailable',
        { sink: uid, reason: `${String(error.code)} in "${shown}"` },
        { cause: error },
      );
    }
    throw error;
  }
}
