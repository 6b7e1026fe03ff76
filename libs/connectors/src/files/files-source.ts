// Source `files`: the lines of the files of one directory.
//
// A partition is a file, an offset is a byte position in it. Every regular file counts whose name does not begin with
// "." or "_" and does not end in ".tmp"; folders and symbolic links do not. Files are read in the order of their names
// and may grow. A line counts once its newline is there; a last line without one waits for it.
//
// What is noticed when a file is not what it was: that it is gone or shorter, or that the bytes already read no longer
// end with a newline. A file replaced by a longer one that happens to have a newline there is not noticed.
import { constants } from 'node:fs';
import { open, readdir, lstat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { own, TidemarkError, type PartitionOffsets, type PartitionRange } from '@tidemark/domain';
import type { InputChunk, PlanRequest, Source } from '@tidemark/engine';
import { z } from 'zod';
import { connectorEnd, refused, type ConnectorContext } from '../connector.js';
import { isCode } from '../durable-file.js';
import { ReadBuffers } from '../read-buffers.js';
import { allowance, sourceLimits } from '../rate-limit.js';
import { locate, shownPath, tenantPath } from '../tenant-path.js';
import { endOfLastLine, LINE_BYTES_MAX, readExactly, takeLines, type LineBudget } from './line-scanner.js';

const FILES_MAX = 10_000;

const options = z.strictObject({
  path: tenantPath,
  format: z.enum(['json', 'text']),
  ...sourceLimits,
});
type FilesSourceOptions = z.infer<typeof options>;

export const filesSource = connectorEnd(
  options,
  async (uid, settings, context): Promise<Source> => {
    const folder = await findFolder(uid, settings.path, context);
    const source = new FilesSource(uid, folder, shownPath(context, settings.path), settings);
    await source.listFiles();
    return source;
  },
  { tellsBacklog: true },
);

/** A file that has bytes after those that were read. */
interface GrownFile {
  readonly name: string;
  readonly from: number;
  readonly size: number;
}

interface ReadLines {
  readonly range: PartitionRange;
  readonly bytes: Buffer;
  /** What `bytes` is a part of. */
  readonly room: Buffer;
}

type Ranges = { readonly [partition: string]: PartitionRange };

class FilesSource implements Source {
  readonly canPlanAhead = true;
  /** What `plan` has read, for the `read` that follows it: no byte is fetched twice in a quiet life. */
  private readonly ahead = new Map<string, ReadLines>();
  private readonly buffers = new ReadBuffers();

  constructor(
    readonly uid: string,
    private readonly folder: string,
    private readonly shown: string,
    private readonly settings: FilesSourceOptions,
  ) {}

  async plan(request: PlanRequest): Promise<Ranges> {
    this.dropAhead();
    let { records, bytes } = allowance(this.settings, request);
    const limit = bytes;
    for (const { name, from, size } of await this.grownFiles(request.from)) {
      const end = request.until === undefined ? Infinity : own(request.until, name);
      if (end === undefined || end <= from) continue;
      const budget = { records, bytes: Math.min(bytes, end - from), atLeastOne: bytes === limit };
      const taken = await this.take(name, from, { budget, there: size - from });
      if (taken === undefined) continue;
      if (taken.bytes.length > 0) {
        const { bytes: lines, room } = taken;
        this.ahead.set(name, { range: { from, to: from + lines.length }, bytes: lines, room });
      } else this.buffers.giveBack(taken.room);
      records -= taken.records;
      bytes -= taken.bytes.length;
      // What ends where the job's work ends is done with; the others still have room, unless one long line has taken it.
      if (bytes <= 0 || (taken.budgetSpent && from + taken.bytes.length < Math.min(end, size))) break;
    }
    return Object.fromEntries([...this.ahead].map(([name, { range }]) => [name, range]));
  }

  async read(ranges: Ranges): Promise<readonly InputChunk[]> {
    const chunks: InputChunk[] = [];
    // Sorted here, because a plan that comes back from the log may name its partitions in another order.
    for (const [partition, range] of Object.entries(ranges).sort(byName)) {
      const held = this.takeAhead(partition, range);
      const bytes = held?.bytes ?? (await this.readRange(partition, range));
      chunks.push({
        partition,
        range,
        offsetUnit: 'bytes',
        bytes,
        ...(held === undefined ? {} : { release: () => this.buffers.giveBack(held.room) }),
      });
    }
    return chunks;
  }

  async backlog(from: PartitionOffsets): Promise<Ranges> {
    const found: [string, PartitionRange][] = [];
    for (const file of await this.grownFiles(from)) {
      const end = await this.withFile(file.name, (handle) => endOfLastLine(handle, file));
      if (end !== undefined && end > file.from) found.push([file.name, { from: file.from, to: end }]);
    }
    return Object.fromEntries(found);
  }

  async close(): Promise<void> {
    this.ahead.clear();
    this.buffers.clear();
  }

  /** Names of the files that count, in order. Throws `source_missing`. */
  async listFiles(): Promise<readonly string[]> {
    let entries;
    try {
      entries = await readdir(this.folder, { withFileTypes: true });
    } catch (error) {
      if (isCode(error, 'ENOENT')) throw missing(this.uid, `the directory "${this.shown}" does not exist`);
      if (isCode(error, 'ENOTDIR')) throw missing(this.uid, `"${this.shown}" is not a directory`);
      throw this.unavailable(error);
    }
    const names = entries.filter((entry) => entry.isFile() && counts(entry.name)).map((entry) => entry.name);
    if (names.length > FILES_MAX) {
      throw missing(this.uid, `the directory "${this.shown}" holds more than ${FILES_MAX} files`);
    }
    return names.sort();
  }

  private async grownFiles(from: PartitionOffsets): Promise<readonly GrownFile[]> {
    const files = await Promise.all(
      (await this.listFiles()).map(async (name) => ({
        name,
        // A file that was never seen begins at its beginning; one that was seen always has an offset.
        from: Object.hasOwn(from, name) ? (from[name] ?? 0) : 0,
        size: await this.sizeOf(name),
      })),
    );
    const shorter = files.find((file) => file.size !== undefined && file.size < file.from);
    if (shorter !== undefined) {
      const range = { from: shorter.size ?? 0, to: shorter.from };
      throw this.expired(shorter.name, range, `the file has only ${shorter.size} bytes now`);
    }
    return files.flatMap(({ name, from: start, size }) =>
      size !== undefined && size > start ? [{ name, from: start, size }] : [],
    );
  }

  private async take(name: string, from: number, what: { readonly budget: LineBudget; readonly there: number }) {
    return this.withFile(name, async (file) => {
      if (from > 0 && (await readExactly(file, from - 1, 1))?.toString() !== '\n') {
        throw this.expired(name, { from: 0, to: from }, 'the file was replaced: what was read of it did not end there');
      }
      const lines = await takeLines(file, from, { ...what, buffers: this.buffers });
      if (lines.outcome === 'taken') return lines;
      throw new TidemarkError('record_unreadable', {
        source: this.uid,
        partition: name,
        offset: lines.at,
        reason: `the line is longer than ${LINE_BYTES_MAX} bytes`,
      });
    });
  }

  private takeAhead(partition: string, range: PartitionRange): ReadLines | undefined {
    const held = this.ahead.get(partition);
    this.ahead.delete(partition);
    return held?.range.from === range.from && held.range.to === range.to ? held : undefined;
  }

  private dropAhead(): void {
    for (const { room } of this.ahead.values()) this.buffers.giveBack(room);
    this.ahead.clear();
  }

  private async readRange(partition: string, range: PartitionRange): Promise<Buffer> {
    if (!counts(partition)) throw this.expired(partition, range, 'this is no name of an input file');
    const read = await this.withFile(partition, async (file) => {
      const bytes = await readExactly(file, range.from, range.to - range.from);
      return bytes ?? { size: (await file.stat()).size };
    });
    if (Buffer.isBuffer(read)) return read;
    const reason = read === undefined ? 'the file is gone' : `the file has only ${read.size} bytes now`;
    throw this.expired(partition, range, reason);
  }

  /** Undefined if the file is gone. */
  private async withFile<T>(name: string, use: (file: FileHandle) => Promise<T>): Promise<T | undefined> {
    let file: FileHandle;
    try {
      file = await open(join(this.folder, name), constants.O_RDONLY | constants.O_NOFOLLOW);
    } catch (error) {
      if (isCode(error, 'ENOENT')) return undefined;
      throw this.unavailable(error);
    }
    try {
      return await use(file);
    } finally {
      await file.close();
    }
  }

  private async sizeOf(name: string): Promise<number | undefined> {
    try {
      return (await lstat(join(this.folder, name))).size;
    } catch (error) {
      if (isCode(error, 'ENOENT')) return undefined;
      throw this.unavailable(error);
    }
  }

  private expired(partition: string, range: PartitionRange, reason: string): TidemarkError {
    return new TidemarkError('offsets_expired', {
      source: this.uid,
      partition,
      from: range.from,
      to: range.to,
      reason,
    });
  }

  private unavailable(error: unknown): TidemarkError {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    return new TidemarkError(
      'source_unavailable',
      { source: this.uid, reason: `${code} in "${this.shown}"` },
      { cause: error },
    );
  }
}

async function findFolder(uid: string, path: string, context: ConnectorContext): Promise<string> {
  const located = await locate(context, path);
  if (located.outcome === 'found') return located.path;
  if (located.outcome === 'outside') throw refused(uid, `option "path": "${path}" leads out of your files folder`);
  throw missing(uid, `the directory "${shownPath(context, path)}" does not exist below the service's files folder`);
}

const missing = (uid: string, what: string): TidemarkError =>
  new TidemarkError('source_missing', { source: uid, what });

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1);

/** `_` and `.` begin the names of what is not input: commit logs, temporary files, and `__proto__`. */
const counts = (name: string): boolean => !/^[._]|\.tmp$|\//.test(name);
