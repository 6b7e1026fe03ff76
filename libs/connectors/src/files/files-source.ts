// Source `files`: the lines of the files of one directory.
//
// A partition is a file, an offset is a byte position in it. Every regular file counts whose name does not begin with
// "." or "_" and does not end in ".tmp"; folders and symbolic links do not. Files are read in the order of their names
// and may grow. A line counts once its newline is there; a last line without one waits for it.
//
// With what is read goes what the file is recognised by (file-identity.ts), and the next plan holds the file against it: a
// file that is gone with bytes that were not read yet, that is shorter, another one or a renamed one ends the run with a code.
import {
  own,
  TidemarkError,
  type PartitionIdentities,
  type PartitionOffsets,
  type PartitionRange,
} from '@tidemark/domain';
import type { InputChunk, PlanRequest, Source } from '@tidemark/engine';
import { z } from 'zod';
import { connectorEnd } from '../connector.js';
import { ReadBuffers } from '../read-buffers.js';
import { allowance, sourceLimits } from '../rate-limit.js';
import { tenantPath } from '../tenant-path.js';
import { identityOf, surroundingsAfter, surroundingsOf } from './file-identity.js';
import { FilesOffsets } from './files-offsets.js';
import { counts, InputFolder, type GrownFile } from './input-folder.js';
import { endOfLastLine, LINE_BYTES_MAX, readExactly, takeLines, type LineBudget } from './line-scanner.js';

const options = z.strictObject({
  path: tenantPath,
  format: z.enum(['json', 'text']),
  ...sourceLimits,
});
type FilesSourceOptions = z.infer<typeof options>;

export const filesSource = connectorEnd(
  options,
  async (uid, settings, context): Promise<Source> =>
    new FilesSource(uid, await InputFolder.open(uid, settings.path, context), settings),
  { tellsBacklog: true, isSeekable: true },
);

interface ReadLines {
  readonly range: PartitionRange;
  readonly bytes: Buffer;
  /** What `bytes` is a part of. */
  readonly room: Buffer;
  readonly identity: string;
}

type Ranges = { readonly [partition: string]: PartitionRange };

class FilesSource implements Source {
  readonly canPlanAhead = true;
  readonly seekable: FilesOffsets;
  /** What `plan` has read, for the `read` that follows it: no byte is fetched twice in a quiet life. */
  private readonly ahead = new Map<string, ReadLines>();
  private readonly buffers = new ReadBuffers();

  constructor(
    readonly uid: string,
    private readonly folder: InputFolder,
    private readonly settings: FilesSourceOptions,
  ) {
    this.seekable = new FilesOffsets(folder);
  }

  async plan(request: PlanRequest): Promise<Ranges> {
    this.dropAhead();
    let { records, bytes } = allowance(this.settings, request);
    const limit = bytes;
    let isFull = false;
    const waiting: GrownFile[] = [];
    for (const file of await this.folder.grown(request)) {
      const { name, from, size } = file;
      const end = request.until === undefined ? Infinity : own(request.until, name);
      if (end === undefined || end <= from) continue;
      if (isFull) {
        waiting.push(file);
        continue;
      }
      const budget = { records, bytes: Math.min(bytes, end - from), atLeastOne: bytes === limit };
      const taken = await this.take(file, request, budget);
      if (taken === undefined) continue;
      const { bytes: lines, room, identity, budgetSpent } = taken;
      if (lines.length > 0) {
        this.ahead.set(name, { range: { from, to: from + lines.length }, bytes: lines, room, identity });
      } else {
        this.buffers.giveBack(room);
        if (budgetSpent) waiting.push(file);
      }
      records -= taken.records;
      bytes -= lines.length;
      // What ends where the job's work ends is done with; the others still have room, unless one long line has taken it.
      isFull = bytes <= 0 || (budgetSpent && from + lines.length < Math.min(end, size));
    }
    if (this.ahead.size > 0) for (const file of waiting) await this.noteSeen(file, request);
    return Object.fromEntries([...this.ahead].map(([name, { range }]) => [name, range]));
  }

  async read(ranges: Ranges, identities?: PartitionIdentities): Promise<readonly InputChunk[]> {
    const chunks: InputChunk[] = [];
    // Sorted here, because a plan that comes back from the log may name its partitions in another order.
    for (const [partition, range] of Object.entries(ranges).sort(byName)) {
      const held = this.takeAhead(partition, range);
      const { bytes, identity } = held ?? (await this.readRange(partition, range, identities));
      chunks.push({
        partition,
        range,
        offsetUnit: 'bytes',
        bytes,
        identity,
        ...(held === undefined ? {} : { release: () => this.buffers.giveBack(held.room) }),
      });
    }
    return chunks;
  }

  async backlog(from: PartitionOffsets, identities?: PartitionIdentities): Promise<Ranges> {
    const found: [string, PartitionRange][] = [];
    const upTo = { from, identities };
    for (const { name, from: start, size } of await this.folder.grown(upTo)) {
      const range = await this.folder.withFile(name, async (file) => {
        await this.folder.demandUnchanged(file, name, upTo);
        const to = await endOfLastLine(file, { from: start, size });
        const there = await surroundingsOf(file, to);
        return there === undefined ? undefined : { from: start, to, identity: await identityOf(file, there, size) };
      });
      if (range !== undefined && range.to > start) found.push([name, range]);
    }
    return Object.fromEntries(found);
  }

  async close(): Promise<void> {
    this.ahead.clear();
    this.buffers.clear();
  }

  /** A file that has to wait is known from the batch on in which it was seen, at its beginning: it cannot be gone unnoticed. */
  private async noteSeen({ name, from, size }: GrownFile, request: PlanRequest): Promise<void> {
    if (own(request.from, name) !== undefined) return;
    const identity = await this.folder.withFile(name, async (file) =>
      identityOf(file, await this.folder.demandUnchanged(file, name, request), size),
    );
    const nothing = Buffer.alloc(0);
    if (identity !== undefined)
      this.ahead.set(name, { range: { from, to: from }, bytes: nothing, room: nothing, identity });
  }

  private async take({ name, from, size }: GrownFile, request: PlanRequest, budget: LineBudget) {
    return this.folder.withFile(name, async (file) => {
      const before = await this.folder.demandUnchanged(file, name, request);
      const lines = await takeLines(file, from, { budget, there: size - from, buffers: this.buffers });
      if (lines.outcome === 'taken') {
        return { ...lines, identity: await identityOf(file, surroundingsAfter(before, lines.bytes), size) };
      }
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

  private async readRange(partition: string, range: PartitionRange, identities?: PartitionIdentities) {
    const { from, to } = range;
    if (!counts(partition)) throw this.folder.expired(partition, range, 'this is no name of an input file');
    const read = await this.folder.withFile(partition, async (file) => {
      const { size } = await file.stat();
      if (size < to) throw this.folder.expired(partition, range, `the file has only ${size} bytes now`);
      // What the range itself holds may have been put right since it was planned; what was read before it must stand.
      const before = await this.folder.demandUnchanged(file, partition, { from: { [partition]: from }, identities });
      const bytes = await readExactly(file, from, to - from);
      if (bytes === undefined) throw this.folder.expired(partition, range, 'the file became shorter');
      return { bytes, identity: await identityOf(file, surroundingsAfter(before, bytes), size) };
    });
    if (read === undefined) throw this.folder.expired(partition, range, 'the file is gone');
    return read;
  }
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1);
