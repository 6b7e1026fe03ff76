import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { timelinesIn, validOf } from '../output-files.js';
import type { Point, SinkHistory } from './history.js';
import { rowOf, type Row, type Shape, type WrittenRow } from './reducers.js';
import type { Witness } from './witness.js';

interface Entry extends Point {
  readonly rows: readonly Row[];
}

interface EntryFile extends Point {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Reads a `files` sink's folder as its format says. Entries never change, so each is read once, unless all are asked for. */
export class FilesSinkReader {
  private readonly known = new Map<string, Entry>();

  constructor(
    private readonly uid: string,
    private readonly folder: string,
  ) {}

  /** Throws where an entry does not match its part. */
  async read({ again }: { readonly again: boolean }): Promise<SinkHistory> {
    if (again) this.known.clear();
    const log = join(this.folder, '_commits');
    const names = (await readdir(log).catch(() => [])).filter((name) => name.endsWith('.json'));
    for (const name of names) if (!this.known.has(name)) this.known.set(name, await this.entry(join(log, name)));
    const bases = await timelinesIn(this.folder);
    const all = [...this.known.values()];
    const visible = new Set(validOf(all, bases));
    const entries = all.map((entry) => ({ ...entry, isVisible: visible.has(entry) }));
    const timeline = Math.max(1, ...all.map((entry) => entry.timeline), ...bases.keys());
    return { kind: 'files', uid: this.uid, timeline, entries };
  }

  private async entry(path: string): Promise<Entry> {
    const { timeline, batchId, file, bytes, sha256 } = JSON.parse(await readFile(path, 'utf8')) as EntryFile;
    const part = await readFile(join(this.folder, file));
    if (part.length !== bytes || createHash('sha256').update(part).digest('hex') !== sha256) {
      throw new Error(`The entry ${path} does not match its part.`);
    }
    const lines = part.toString('utf8').split('\n').slice(0, -1);
    return { timeline, batchId, rows: lines.map((line) => rowOf(JSON.parse(line) as WrittenRow)) };
  }
}

/** The table that a job of this shape writes to, besides its files. */
const TABLES = {
  echo: { kind: 'append', uid: 'rows' },
  counts: { kind: 'upsert', uid: 'newest' },
  fold: undefined,
  windows: undefined,
  sides: undefined,
} as const satisfies Record<Shape, { readonly kind: 'append' | 'upsert'; readonly uid: string } | undefined>;

export async function readTable(shape: Shape, name: string, witness: Witness): Promise<readonly SinkHistory[]> {
  const table = TABLES[shape];
  if (table === undefined) return [];
  const rows = await witness.table<WrittenRow>(`${name}_${table.uid}`.replaceAll('-', '_'));
  return [{ ...table, rows: rows.map(rowOf) }];
}
