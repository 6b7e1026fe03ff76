import { idOfKey } from '../../fuse/keyed-code.js';
import { EMIT_PARAMS, emittedRow, valueOf, type Emit, type RowCode } from '../../fuse/row-code.js';
import type { OperatorState } from '../../state/operator-state.js';
import { KeyOrder } from '../../state/key-order.js';
import type { StateTable } from '../../state/state-table.js';
import type { TenantFunction } from '../checked-definition.js';
import { operatorOf, OperatorFault } from '../failure.js';
import { copyJson, NotJsonError } from '../json-copy.js';
import {
  getOrAdd,
  refuseThenable,
  timeOf,
  type BatchEnd,
  type Operator,
  type OperatorParts,
  type RowContext,
} from '../operator.js';
import { StateCopier } from '../state-copier.js';
import { Grouping } from './grouping.js';
import { roleOf } from './role-of.js';
import { stateFormOf } from './state-form.js';
import { stateWithTtl, type Ttl } from './ttl.js';

/** State: table `state`, column `value`, the state of each key as JSON. */
export const VALUE_COLUMN = [{ name: 'value', type: 'json' }] as const;

export const updateStateByKey = (parts: OperatorParts): Operator => new UpdateStateByKey(parts);

class UpdateStateByKey implements Operator {
  readonly state: OperatorState;
  readonly inline: (row: RowCode) => string;
  /** The rows that are being read: of {@link context}. Read by generated code. */
  grouping = new Grouping();
  context: RowContext | undefined;
  private readonly table: StateTable;
  private readonly update: TenantFunction;
  private readonly emitter: { readonly run: Emit };
  private readonly pushed: { readonly run: Emit };
  private readonly copier = new StateCopier();
  private readonly groupings = new Map<RowContext, Grouping>();
  private readonly order: KeyOrder | undefined;
  private readonly ttl: Ttl | undefined;
  private readonly refuseMisfit: ((state: unknown) => void) | undefined;
  private spare = new Grouping();
  /** Keys without a value in the batch whose state the job's code gave up. */
  private gone: number[] = [];
  private id = 0;
  private readonly keyText = (): string => this.table.keys.text(this.id);

  constructor(private readonly parts: OperatorParts) {
    const { node, code } = parts;
    const { state, table, ttl } = stateWithTtl(parts, VALUE_COLUMN);
    this.state = state;
    this.table = table;
    table.bound.beginsHollow = true;
    this.ttl = ttl;
    this.order = node.options['visit'] === 'all' ? new KeyOrder(this.table) : undefined;
    this.update = roleOf(node.functions, 'update');
    this.refuseMisfit = stateFormOf(node);
    this.emitter = parts.emitter();
    this.inline = (row) => this.code(row);
    this.pushed = code.add<Emit>(EMIT_PARAMS, () => this.code(emittedRow(true)));
  }

  push(value: unknown, key: unknown, timeMs: number, context: RowContext): void {
    this.pushed.run(value, key, timeMs, context);
  }

  /** Rows of each window are a batch of their own. Called by generated code. */
  changeContext(context: RowContext): void {
    this.context = context;
    this.grouping = getOrAdd(this.groupings, context, () => this.newGrouping());
  }

  endBatch(batch: BatchEnd): void {
    this.parts.where.operator = this.parts.node;
    if (this.order !== undefined && this.groupings.size === 0) this.changeContext(batch.context);
    for (const [context, grouping] of this.groupings) {
      grouping.forEach(this.table.keys.idsUsed, (id, values) => {
        this.updateOne(id, values, context);
      });
      if (this.order !== undefined) this.updateOthers(this.order, grouping, context);
    }
    // Not before: rows of another window of this batch may wait for the same key.
    const states = this.table.json(0);
    const removeStateless = (id: number): void => {
      if (states[id] === undefined && this.table.isHeld(id)) this.table.remove(id);
    };
    this.gone.forEach(removeStateless);
    this.gone = [];
    for (const grouping of this.groupings.values()) {
      grouping.ids().forEach(removeStateless);
      grouping.clear();
      this.spare = grouping;
    }
    this.groupings.clear();
    this.table.bound.hollow = 0;
    this.context = undefined;
    this.ttl?.endBatch(batch);
  }

  takeCounts(): Readonly<Record<string, number>> {
    return this.ttl?.takeCounts() ?? {};
  }

  private updateOne(id: number, values: readonly unknown[], context: RowContext): void {
    const { table } = this;
    const { where, node } = this.parts;
    const key = table.keys.key(id);
    this.id = id;
    where.operator = node;
    where.key = this.keyText;
    const held = table.json(0)[id];
    // What is frozen for a snapshot must not change; the job's code may change what it is given.
    const before = table.isFrozen && held !== undefined ? copyJson(held) : held;
    const state = this.update(values, before, key, context);
    refuseThenable(state);
    const kept = state === undefined ? undefined : keepState(state, this.copier);
    if (kept !== undefined) this.refuseMisfit?.(kept);
    if (held === undefined && kept !== undefined) table.bound.fill(table, id);
    if (held !== undefined && kept === undefined) table.bound.hollow += 1;
    table.json(0)[id] = kept;
    table.change(id);
    where.key = undefined;
    if (state !== undefined) this.emitter.run(state, key, timeOf(context), context);
  }

  /** Every key with a state that has no value in the batch, in an order that a restore does not change. */
  private updateOthers(order: KeyOrder, grouping: Grouping, context: RowContext): void {
    const states = this.table.json(0);
    for (const id of order.ids()) {
      if (grouping.has(id) || states[id] === undefined) continue;
      this.updateOne(id, [], context);
      if (states[id] === undefined) this.gone.push(id);
    }
  }

  private newGrouping(): Grouping {
    const grouping = this.spare;
    this.spare = new Grouping();
    return grouping;
  }

  private code(row: RowCode): string {
    const { code, node, where } = this.parts;
    const [self, table, place, here] = code.constantsOf(this, this.table, where, node);
    const id = code.local('id');
    return `if (${self}.context !== ${row.context}) ${self}.changeContext(${row.context});
${place}.operator = ${here};
${idOfKey(table, row, id)}
${this.ttl?.touchCode(code, table, id, row) ?? ''}
${self}.grouping.add(${id}, ${valueOf(row)});`;
  }
}

/** @throws OperatorFault `state_not_json`, naming the place in the value. */
export function keepState(value: unknown, copier?: StateCopier): unknown {
  try {
    return copier === undefined ? copyJson(value) : copier.copy(value);
  } catch (error) {
    if (!(error instanceof NotJsonError)) throw error;
    const { path, found } = error.at;
    throw new OperatorFault((where) => ({
      code: 'state_not_json',
      operator: operatorOf(where),
      key: (where.key?.() ?? '').slice(0, 200),
      path,
      found,
    }));
  }
}
