import type { InputRecord, Side } from './inputs.js';

export const SHAPES = ['echo', 'counts', 'fold', 'windows', 'sides'] as const;
export type Shape = (typeof SHAPES)[number];

/** One row that a job writes, in a form in which rows of all shapes can be held against each other. */
export interface Row {
  /** What the row is about: a record, a key, or a key in a window. There is one of each in a batch. */
  readonly id: string;
  /** In which order it must stand: rows of one lane are in the order of their records. */
  readonly lane: string;
  /** How many records it stands for. */
  readonly count: number;
  readonly sum: number;
  /** Depends on the order in which the records came. */
  readonly chain: string;
}

/** What a job keeps between batches. */
export interface Kept {
  /** By key, or by key and window. */
  readonly figures: Map<string, Figures>;
  newestMs: number;
}

interface Figures {
  readonly key: string;
  readonly windowStartMs: number;
  count: number;
  sum: number;
  left: number;
  right: number;
}

export interface Reducer {
  readonly sides: readonly Side[];
  /** Changes `kept`, and answers with the rows of the batch. */
  step(kept: Kept, records: readonly InputRecord[]): readonly Row[];
}

const CHAIN_MAX = 1_000_003;
const WINDOW_MS = 1_000;
const OUT_OF_ORDER_MS = 5_000;

export const nothingKept = (): Kept => ({ figures: new Map(), newestMs: -Infinity });

export const copyOf = ({ figures, newestMs }: Kept): Kept => ({ figures: structuredClone(figures), newestMs });

/** What the jobs of jobs/chaos.ts must write, said without Tidemark. */
export const REDUCERS = {
  echo: { sides: ['left'], step: (_kept, records) => records.map(rowOfRecord) },
  counts: { sides: ['left'], step: figuresByKey },
  fold: { sides: ['left'], step: figuresByKey },
  sides: { sides: ['left', 'right'], step: figuresByKey },
  windows: { sides: ['left'], step: figuresByWindow },
} as const satisfies Record<Shape, Reducer>;

export const idOfRecord = (partition: string, number: number): string => `${partition}#${number}`;

const rowOfRecord = ({ partition, number, key, value }: InputRecord): Row => ({
  id: idOfRecord(partition, number),
  lane: key,
  count: 1,
  sum: value,
  chain: '',
});

const rowOfFigures = (id: string, { count, sum, left, right }: Figures): Row => ({
  id,
  lane: id,
  count,
  sum,
  chain: `${left}/${right}`,
});

function figuresByKey({ figures }: Kept, records: readonly InputRecord[]): readonly Row[] {
  const touched = new Set<string>();
  for (const record of records) {
    add(figures, record.key, record, 0);
    touched.add(record.key);
  }
  return rowsOf(figures, touched);
}

function figuresByWindow(kept: Kept, records: readonly InputRecord[]): readonly Row[] {
  const before = kept.newestMs - OUT_OF_ORDER_MS;
  for (const record of records) {
    const startMs = Math.floor(record.timeMs / WINDOW_MS) * WINDOW_MS;
    kept.newestMs = Math.max(kept.newestMs, record.timeMs);
    if (startMs + WINDOW_MS > before) add(kept.figures, `${record.key}@${startMs}`, record, startMs);
  }
  const closed = [...kept.figures].filter(
    ([, { windowStartMs }]) => windowStartMs + WINDOW_MS <= kept.newestMs - OUT_OF_ORDER_MS,
  );
  const rows = closed.map(([id, figures]) => rowOfFigures(id, figures));
  for (const [id] of closed) kept.figures.delete(id);
  return rows;
}

function add(figures: Map<string, Figures>, id: string, record: InputRecord, windowStartMs: number): void {
  const { key, side, number, value } = record;
  const known = figures.get(id) ?? { key, windowStartMs, count: 0, sum: 0, left: 0, right: 0 };
  known.count += 1;
  known.sum += value;
  known[side] = (known[side] * 31 + number) % CHAIN_MAX;
  figures.set(id, known);
}

function rowsOf(figures: ReadonlyMap<string, Figures>, ids: Iterable<string>): readonly Row[] {
  return [...ids].flatMap((id) => {
    const known = figures.get(id);
    return known === undefined ? [] : [rowOfFigures(id, known)];
  });
}

/** A row as a sink holds it. */
export interface WrittenRow {
  readonly partition?: string;
  readonly number?: number;
  readonly key?: string;
  readonly windowStartMs?: number;
  readonly value?: number;
  readonly count?: number;
  readonly sum?: number | string;
  readonly left?: number;
  readonly right?: number;
}

/** What was written, in the form of what had to be. */
export function rowOf(written: WrittenRow): Row {
  const { partition, number, key = '', windowStartMs, value = 0, count = 1, sum, left, right } = written;
  if (partition !== undefined && number !== undefined) {
    return { id: idOfRecord(partition, number), lane: key, count: 1, sum: value, chain: '' };
  }
  const id = windowStartMs === undefined ? key : `${key}@${windowStartMs}`;
  return { id, lane: id, count, sum: Number(sum), chain: `${left}/${right}` };
}
