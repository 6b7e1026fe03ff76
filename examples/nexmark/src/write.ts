import { mkdir, open, readdir, readFile, rename, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { closingEvents } from './closing-events.js';
import { EVENT_TYPES, sideTable, type EventType } from './events.js';
import { generate, type GeneratorOptions } from './generator.js';

export interface WriteOptions extends GeneratorOptions {
  /** Directory that gets the folders `person`, `auction`, `bid` and `side`; created if it is not there. */
  readonly into: string;
  readonly eventsPerFile?: number;
}

export type Written =
  | { readonly outcome: 'written'; readonly events: { readonly [T in EventType]: number } }
  /** The directory holds something already, which may be other events: nothing was written. */
  | { readonly outcome: 'not_empty' };

/**
 * Writes generated events as JSON lines, `bid/bid-000001.jsonl` and so on, and the side table of q13. A file appears
 * under its name only when it is whole, so that a job may read while this writes. Memory does not grow with the events.
 */
export async function writeEvents({ into, eventsPerFile = 100_000, ...options }: WriteOptions): Promise<Written> {
  await mkdir(into, { recursive: true });
  if ((await readdir(into)).length > 0) return { outcome: 'not_empty' };
  for (const folder of [...EVENT_TYPES, 'side']) await mkdir(join(into, folder));
  const side = Array.from(sideTable(), (row) => `${JSON.stringify(row)}\n`).join('');
  await writeFile(join(into, 'side', 'side-000001.jsonl'), side);

  const writerOf = (type: EventType): LinesWriter => new LinesWriter(join(into, type), type, eventsPerFile);
  const writers = { person: writerOf('person'), auction: writerOf('auction'), bid: writerOf('bid') };
  try {
    for (const { type, value } of generate(options)) {
      const full = writers[type].add(JSON.stringify(value));
      if (full) await writers[type].flush();
    }
    for (const type of EVENT_TYPES) await writers[type].finish();
  } finally {
    for (const type of EVENT_TYPES) await writers[type].close();
  }
  const { person, auction, bid } = writers;
  return { outcome: 'written', events: { person: person.lines, auction: auction.lines, bid: bid.lines } };
}

/**
 * Writes the closing events behind those that are there, for jobs that keep time. They lie in files that DuckDB is not shown,
 * because they are no part of a question: it reads `*.jsonl`.
 */
export async function writeClosingEvents(into: string): Promise<void> {
  const folder = join(into, 'bid');
  const newest = (await readdir(folder))
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
    .at(-1);
  if (newest === undefined) throw new Error(`There are no bids in ${folder}.`);
  const line = (await readFile(join(folder, newest), 'utf8')).trimEnd().split('\n').at(-1) ?? '';
  const { dateTime } = JSON.parse(line) as { readonly dateTime: number };
  for (const { type, value } of closingEvents(dateTime)) {
    await writeFile(join(into, type, `${type}-closing.json`), `${JSON.stringify(value)}\n`);
  }
}

/** Characters that wait in memory before they are written. */
const WAITING_MAX = 1 << 20;

class LinesWriter {
  lines = 0;
  private waiting = '';
  private file: FileHandle | undefined;
  private files = 0;

  constructor(
    private readonly folder: string,
    private readonly name: string,
    private readonly linesPerFile: number,
  ) {}

  /** True when `flush` must come before the next line. */
  add(line: string): boolean {
    this.waiting += `${line}\n`;
    this.lines += 1;
    return this.waiting.length >= WAITING_MAX || this.lines % this.linesPerFile === 0;
  }

  async flush(): Promise<void> {
    if (this.waiting === '') return;
    if (this.file === undefined) {
      this.files += 1;
      this.file = await open(this.halfWritten(), 'w');
    }
    await this.file.writeFile(this.waiting);
    this.waiting = '';
    if (this.lines % this.linesPerFile === 0) await this.finish();
  }

  /** Gives the file that is being written its name. */
  async finish(): Promise<void> {
    if (this.waiting !== '') await this.flush();
    if (this.file === undefined) return;
    await this.close();
    await rename(this.halfWritten(), this.path());
  }

  async close(): Promise<void> {
    const { file } = this;
    this.file = undefined;
    await file?.close();
  }

  private path(): string {
    return join(this.folder, `${this.name}-${String(this.files).padStart(6, '0')}.jsonl`);
  }

  private halfWritten(): string {
    return `${this.path()}.tmp`;
  }
}
