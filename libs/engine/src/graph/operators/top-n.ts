import type { Key } from '@tidemark/streams';
import type { Emit } from '../../fuse/row-code.js';
import { OperatorState } from '../../state/operator-state.js';
import { setAt, type StateTable } from '../../state/state-table.js';
import { misuse } from '../failure.js';
import { cloneJson } from '../json-copy.js';
import { timeOf, type Operator, type OperatorParts, type RowContext } from '../operator.js';
import { keepState } from './update-state-by-key.js';

export const topN = (parts: OperatorParts): Operator => new TopN(parts);

/** Numbers and values of a key in their order, at most n: kept as one value, replaced as a whole. */
interface Top {
  readonly by: readonly number[];
  readonly values: readonly unknown[];
}

const COLUMNS = [{ name: 'top', type: 'json' }] as const;

/** The first n values of each key. State: table `state`, column `top`. */
class TopN implements Operator {
  readonly state: OperatorState;
  private readonly table: StateTable;
  private readonly n: number;
  /** 1 where the greatest comes first, -1 where the least does. */
  private readonly sign: 1 | -1;
  private readonly by: (value: unknown) => unknown;
  private readonly emitter: { readonly run: Emit };
  private current: RowContext | undefined;

  constructor(private readonly parts: OperatorParts) {
    const { node } = parts;
    const { n, order, field } = node.options as {
      readonly n: number;
      readonly order: 'desc' | 'asc';
      readonly field?: string;
    };
    this.n = n;
    this.sign = order === 'desc' ? 1 : -1;
    this.by = field === undefined ? (node.functions['by'] ?? (() => undefined)) : (value) => memberNamed(value, field);
    this.emitter = parts.emitter();
    this.state = new OperatorState(node.uid ?? '', (name) => (name === 'state' ? COLUMNS : undefined));
    this.table = this.state.table('state');
  }

  push(value: unknown, key: unknown, _time: number, context: RowContext): void {
    const { table, n, sign } = this;
    const { where, node } = this.parts;
    if (this.current !== context) this.changeContext(context);
    where.operator = node;
    const by = this.by(value);
    if (typeof by !== 'number' || !Number.isFinite(by)) throw misuse('the "by" of topN must give a finite number');
    const id = table.idOf(key as Key);
    const top = (table.json(0)[id] as Top | undefined) ?? { by: [], values: [] };
    const last = top.by[n - 1];
    if (last !== undefined && sign * (by - last) <= 0) return;
    let at = top.by.length;
    while (at > 0 && sign * (by - (top.by[at - 1] ?? 0)) > 0) at -= 1;
    where.key = () => table.keys.text(id);
    const kept = keepState(value);
    where.key = undefined;
    const inserted = <T>(list: readonly T[], item: T): T[] => [...list.slice(0, at), item, ...list.slice(at, n - 1)];
    setAt(table.json(0), id, { by: inserted(top.by, by + 0), values: inserted(top.values, kept) });
    table.touch(id);
  }

  endBatch(): void {
    this.changeContext(undefined);
  }

  /** Rows of another window are a batch of their own. */
  private changeContext(context: RowContext | undefined): void {
    const { current, table } = this;
    this.current = context;
    if (current === undefined) return;
    for (let i = 0; i < table.touchedCount; i += 1) {
      const id = table.touched[i] ?? 0;
      const { values } = table.json(0)[id] as Top;
      this.emitter.run(cloneJson(values), table.keys.key(id), timeOf(current), current);
    }
    table.untouch();
  }
}

function memberNamed(value: unknown, name: string): unknown {
  if (typeof value === 'object' && value !== null) return (value as { readonly [name: string]: unknown })[name];
  return undefined;
}
