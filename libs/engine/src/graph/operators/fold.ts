import { idOfKey } from '../../fuse/keyed-code.js';
import { EMIT_PARAMS, emittedRow, valueOf, type Emit, type RowCode } from '../../fuse/row-code.js';
import type { OperatorState } from '../../state/operator-state.js';
import type { StateTable } from '../../state/state-table.js';
import { copyJson } from '../json-copy.js';
import { StateCopier } from '../state-copier.js';
import {
  refuseThenable,
  timeOf,
  type BatchEnd,
  type Operator,
  type OperatorParts,
  type RowContext,
} from '../operator.js';
import { foldIntoColumns } from './fold-columns.js';
import { roleOf } from './role-of.js';
import { stateWithTtl, type Ttl } from './ttl.js';
import { keepState, VALUE_COLUMN } from './update-state-by-key.js';

export function fold(parts: OperatorParts): Operator {
  return parts.node.schema === undefined ? new FoldIntoObjects(parts) : foldIntoColumns(parts, parts.node.schema);
}

/**
 * A fold without a schema: table `state`, column `value`, the state of each key as JSON. States are objects that the
 * job's code may change; at the end of the batch those that it touched are copied, so that nothing else holds them.
 */
class FoldIntoObjects implements Operator {
  readonly state: OperatorState;
  readonly inline: (row: RowCode) => string;
  private readonly table: StateTable;
  private readonly emitter: { readonly run: Emit };
  private readonly initial: unknown;
  private readonly pushed: { readonly run: Emit };
  private readonly ttl: Ttl | undefined;
  private readonly copier = new StateCopier();
  private current: RowContext | undefined;
  private id = 0;
  private readonly keyText = (): string => this.table.keys.text(this.id);

  constructor(private readonly parts: OperatorParts) {
    const { node, code } = parts;
    const { state, table, ttl } = stateWithTtl(parts, VALUE_COLUMN);
    this.state = state;
    this.table = table;
    this.ttl = ttl;
    this.emitter = parts.emitter();
    this.initial = node.options['initial'];
    this.inline = (row) => this.code(row);
    this.pushed = code.add<Emit>(EMIT_PARAMS, () => this.code(emittedRow(true)));
  }

  push(value: unknown, key: unknown, timeMs: number, context: RowContext): void {
    this.pushed.run(value, key, timeMs, context);
  }

  endBatch(batch: BatchEnd): void {
    this.flush();
    this.ttl?.endBatch(batch);
  }

  takeCounts(): Readonly<Record<string, number>> {
    return this.ttl?.takeCounts() ?? {};
  }

  /** Rows of another window are a batch of their own. Called by generated code. */
  changeContext(context: RowContext): void {
    this.flush();
    this.current = context;
  }

  /** The state to be folded into: the job's code may change it. Called by generated code. */
  begin(id: number): unknown {
    const held = this.table.json(0)[id];
    if (held === undefined) return copyJson(this.initial);
    return this.table.isFrozen ? copyJson(held) : held;
  }

  /** Called by generated code. */
  keep(id: number, state: unknown): void {
    refuseThenable(state);
    this.table.json(0)[id] = state;
  }

  private flush(): void {
    const { table, parts } = this;
    const { current } = this;
    this.current = undefined;
    if (current === undefined) return;
    const states = table.json(0);
    const { where, node } = parts;
    const { touchedCount } = table;
    for (let i = 0; i < touchedCount; i += 1) {
      const id = table.touched[i] ?? 0;
      const state = states[id];
      if (state === undefined) continue;
      where.operator = node;
      this.id = id;
      where.key = this.keyText;
      states[id] = keepState(state, this.copier);
      where.key = undefined;
      this.emitter.run(state, table.keys.key(id), timeOf(current), current);
    }
    for (let i = 0; i < touchedCount; i += 1) {
      const id = table.touched[i] ?? 0;
      if (states[id] === undefined) table.remove(id);
    }
    table.untouch();
  }

  private code(row: RowCode): string {
    const { code, node, where } = this.parts;
    const [self, table, place, here] = code.constantsOf(this, this.table, where, node);
    const [id, state] = [code.local('id'), code.local('state')];
    const apply = code.constant(roleOf(node.functions, 'fold'));
    return `if (${self}.current !== ${row.context}) ${self}.changeContext(${row.context});
${place}.operator = ${here};
${idOfKey(table, row, id)}
${table}.touch(${id});
${this.ttl?.touchCode(code, table, id, row) ?? ''}
const ${state} = ${apply}(${self}.begin(${id}), ${valueOf(row)}, ${row.context});
${self}.keep(${id}, ${state});`;
  }
}
