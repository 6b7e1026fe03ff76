import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Differences } from './differences.js';

interface CommitEntry {
  readonly timeline: number;
  readonly batchId: number;
  readonly batchTimeMs: number;
  readonly rows: number;
  readonly bytes: number;
  /** Path of the part, from the sink's directory. */
  readonly file: string;
  readonly sha256: string;
}

type Row = { readonly origin: string; readonly windowEndMs?: number };

/** As it comes back from JSON, which knows no negative zero. */
const asStored = (row: object): unknown => JSON.parse(JSON.stringify(row));

/** The directory of a `files` sink, read as any reader may: what its commit log names is there, and nothing else. */
export class OutputFiles {
  private constructor(
    private readonly folder: string,
    private readonly entries: ReadonlyMap<number, CommitEntry>,
    private readonly differences: Differences,
  ) {}

  static async open(folder: string, differences: Differences): Promise<OutputFiles> {
    const log = join(folder, '_commits');
    const entries = new Map<number, CommitEntry>();
    for (const name of (await readdir(log).catch(() => [])).filter((file) => file.endsWith('.json'))) {
      const entry = JSON.parse(await readFile(join(log, name), 'utf8')) as CommitEntry;
      if (entries.has(entry.batchId)) differences.add(`${folder} has batch ${entry.batchId} twice in its commit log`);
      entries.set(entry.batchId, entry);
    }
    return new OutputFiles(folder, entries, differences);
  }

  /** Holds what the batch has written against what it must have written. Answers with the number of rows compared. */
  async compare(
    { batchId, batchTimeMs }: { readonly batchId: number; readonly batchTimeMs: number },
    expected: ReadonlyMap<string, object>,
  ): Promise<number> {
    const entry = this.entries.get(batchId);
    if (entry === undefined) {
      if (expected.size > 0) this.report(batchId, `wrote nothing; ${expected.size} rows are missing`);
      return expected.size;
    }
    if (entry.batchTimeMs !== batchTimeMs) this.report(batchId, `has the time ${entry.batchTimeMs} in the commit log`);
    const missing = new Map(expected);
    for (const row of await this.rowsOf(entry)) {
      const name = row.windowEndMs === undefined ? row.origin : `${row.origin} until ${row.windowEndMs}`;
      const wanted = missing.get(name);
      if (wanted === undefined)
        this.report(batchId, `has a row for ${name} ${expected.has(name) ? 'twice' : 'too many'}`);
      else if (!isDeepStrictEqual(row, asStored(wanted))) {
        this.report(batchId, `has ${JSON.stringify(row)} where the recount has ${JSON.stringify(wanted)}`);
      }
      missing.delete(name);
    }
    for (const name of missing.keys()) this.report(batchId, `lacks the row for ${name}`);
    return expected.size;
  }

  /** Reports parts of committed batches that the commit log does not name: a reader would never see them. */
  async reportStrangers(lastBatchId: number): Promise<void> {
    const named = new Set([...this.entries.values()].map(({ file }) => file));
    for (const timeline of (await readdir(this.folder).catch(() => [])).filter((name) => /^t\d+$/.test(name))) {
      for (const part of await readdir(join(this.folder, timeline))) {
        const batchId = Number(/^part-b(\d+)\.jsonl$/.exec(part)?.[1] ?? Number.NaN);
        if (batchId > lastBatchId || named.has(`${timeline}/${part}`)) continue;
        this.differences.add(`${this.folder} holds ${timeline}/${part}, which its commit log does not name`);
      }
    }
  }

  private async rowsOf({ batchId, file, bytes, rows, sha256 }: CommitEntry): Promise<readonly Row[]> {
    const content = await readFile(join(this.folder, file)).catch(() => Buffer.alloc(0));
    const found = content
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '');
    if (content.length !== bytes)
      this.report(batchId, `is ${content.length} bytes in ${file}, and ${bytes} in the commit log`);
    if (found.length !== rows)
      this.report(batchId, `is ${found.length} rows in ${file}, and ${rows} in the commit log`);
    if (createHash('sha256').update(content).digest('hex') !== sha256)
      this.report(batchId, `differs from its hash in ${file}`);
    return found.map((line) => JSON.parse(line) as Row);
  }

  private report(batchId: number, what: string): void {
    this.differences.add(`${this.folder}: batch ${batchId} ${what}`);
  }
}
