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
import { readdir, rm } from 'node:fs/promises';
import { TidemarkError } from '@tidemark/domain';
import type { Sink, SinkWrite, TimelineBase } from '@tidemark/engine';
import { z } from 'zod';
import { connectorEnd, refused, type ConnectorContext } from '../connector.js';
import { isCode, placeFile } from '../durable-file.js';
import { TenantFolder, type Opened } from '../tenant-folder.js';
import { shownPath, tenantPath } from '../tenant-path.js';

const UPLOADS = '_uploads';
const COMMITS = '_commits';
const TIMELINES = '_timelines';
const OWNER = '_owner.json';
const NEWLINE = 10;

const options = z.strictObject({ path: tenantPath });

export const filesSink = connectorEnd(options, openFilesSink, { afterRollback: () => 'truncated' });

async function openFilesSink(uid: string, { path }: z.infer<typeof options>, context: ConnectorContext): Promise<Sink> {
  const place: Place = { uid, path, context, shown: shownPath(context, path) };
  await within(
    place,
    () => TenantFolder.openOrCreate(context, path),
    async (folder, hold) => {
      for (const name of [UPLOADS, COMMITS]) await folder.create(name);
      const uploads = await hold(UPLOADS);
      await hold(COMMITS);
      // Makes the two folders durable as well, with its own file.
      await claimFolder(place, folder, uploads);
      for (const name of await readdir(uploads.path)) await rm(uploads.at(name), { force: true });
    },
  );
  return new FilesSink(place);
}

/** What a sink was told of where it writes. */
interface Place {
  readonly uid: string;
  readonly path: string;
  readonly context: ConnectorContext;
  readonly shown: string;
}

/** Opens a folder in the sink's own. It is closed with that. */
type Hold = (name: string) => Promise<TenantFolder>;

class FilesSink implements Sink {
  readonly guarantee = 'exactly_once';
  readonly uid: string;
  /** The last timeline whose folder this sink has made durable. */
  private durableTimeline: number | undefined;

  constructor(private readonly place: Place) {
    this.uid = place.uid;
  }

  async write(write: SinkWrite): Promise<'written' | 'already_held'> {
    // No part, no entry: a reader is told of batches that have something to read.
    if (write.rows === 0) return 'written';
    return this.within(async (folder, hold) => {
      const names = namesOf(write);
      const commits = await hold(COMMITS);
      const entry = { folder: commits, name: names.entry };
      if (await commits.has(this.uid, entry.name)) {
        // Whoever wrote it may have been killed before it was durable, and this answer is a promise.
        await commits.sync();
        return 'already_held';
      }
      const uploads = await hold(UPLOADS);
      await this.ensureTimeline(folder, write.timeline);
      const target = { folder: await hold(names.folder), name: names.part };
      // The disk is the slower of the two.
      const [placed, sha256] = await both(this.placePart(target, write.bytes, uploads), digestOf(write.bytes));
      const part = placed.outcome === 'written' ? { ...write, sha256 } : await described(placed.bytes);
      const file = `${names.folder}/${names.part}`;
      await placeFile(entry, Buffer.from(`${JSON.stringify(describe(write, file, part))}\n`), uploads);
      return placed.outcome;
    });
  }

  /** Also a part that nobody is told of yet: the next write of its batch makes it count. */
  holds(batch: Pick<SinkWrite, 'timeline' | 'batchId'>): Promise<boolean> {
    return this.within(async (folder, hold) => {
      const names = namesOf(batch);
      if (await (await hold(COMMITS)).has(this.uid, names.entry)) return true;
      return (await folder.has(this.uid, names.folder)) && (await hold(names.folder)).has(this.uid, names.part);
    });
  }

  beginTimeline(timeline: number, after: TimelineBase): Promise<void> {
    return this.within(async (folder, hold) => {
      if ((await folder.create(TIMELINES)) === 'made') await folder.sync();
      const entry = Buffer.from(`${JSON.stringify({ timeline, after })}\n`);
      const target = { folder: await hold(TIMELINES), name: `t${timeline}.json` };
      await placeFile(target, entry, await hold(UPLOADS));
    });
  }

  async close(): Promise<void> {}

  /** The folder is looked up anew each time: what was one may be a link to another by now. */
  private within<T>(use: (folder: TenantFolder, hold: Hold) => Promise<T>): Promise<T> {
    const { context, path } = this.place;
    return within(this.place, () => TenantFolder.open(context, path), use);
  }

  /** The part as it lies there afterwards: the one given, or one of an earlier attempt that got no further. */
  private async placePart(
    target: { readonly folder: TenantFolder; readonly name: string },
    bytes: Uint8Array,
    uploads: TenantFolder,
  ): Promise<{ readonly outcome: 'written' | 'already_held'; readonly bytes: Uint8Array }> {
    if ((await placeFile(target, bytes, uploads)) === 'placed') return { outcome: 'written', bytes };
    return { outcome: 'already_held', bytes: await target.folder.bytesOf(this.uid, target.name) };
  }

  private async ensureTimeline(folder: TenantFolder, timeline: number): Promise<void> {
    const made = await folder.create(`t${timeline}`);
    if (made === 'there already' && timeline === this.durableTimeline) return;
    await folder.sync();
    this.durableTimeline = timeline;
  }
}

/** What a batch is called here. */
function namesOf({ timeline, batchId }: Pick<SinkWrite, 'timeline' | 'batchId'>) {
  const batch = `b${String(batchId).padStart(10, '0')}`;
  return { entry: `t${timeline}-${batch}.json`, folder: `t${timeline}`, part: `part-${batch}.jsonl` };
}

/** Throws `connector_refused` where the folder lies outside of the tenant's files, before anything is done in it. */
async function within<T>(
  { uid, path, shown }: Place,
  open: () => Promise<Opened<TenantFolder>>,
  use: (folder: TenantFolder, hold: Hold) => Promise<T>,
): Promise<T> {
  const held: TenantFolder[] = [];
  return asSinkErrors(uid, shown, async () => {
    const opened = await open();
    if (opened.outcome === 'outside') throw refused(uid, `option "path": "${path}" leads out of your files folder`);
    const folder = opened.it;
    held.push(folder);
    try {
      return await use(folder, async (name) => {
        // A link put here in the folder's place would lead what is written out of the tenant's files.
        const inner = await folder.inner(uid, name);
        held.push(inner);
        return inner;
      });
    } finally {
      await Promise.all(held.map((each) => each.close()));
    }
  });
}

/** Waits for both also where one of them fails: what they use is closed after that. */
async function both<A, B>(one: Promise<A>, other: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([one, other]);
  return Promise.all([one, other]);
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
async function claimFolder({ uid, shown, context }: Place, folder: TenantFolder, uploads: TenantFolder): Promise<void> {
  const claim = Buffer.from(`${JSON.stringify({ jobId: context.jobId, sink: uid })}\n`);
  if ((await placeFile({ folder, name: OWNER }, claim, uploads)) === 'placed') return;
  if (!claim.equals(await folder.bytesOf(uid, OWNER))) {
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
