import { idOfKey } from '../../fuse/keyed-code.js';
import { EMIT_PARAMS, emittedRow, valueOf, type Emit, type RowCode } from '../../fuse/row-code.js';
import type { OperatorState } from '../../state/operator-state.js';
import type { StateTable } from '../../state/state-table.js';
import type { TenantFunction } from '../checked-definition.js';
import { misuse } from '../failure.js';
import { copyJson } from '../json-copy.js';
import {
  refuseThenable,
  timeOf,
  type BatchEnd,
  type Operator,
  type OperatorParts,
  type RowContext,
} from '../operator.js';
import { StateCopier } from '../state-copier.js';
import { roleOf } from './role-of.js';
import { stateFormOf } from './state-form.js';
import { stateWithTtl, type Ttl } from './ttl.js';
import { keepState, VALUE_COLUMN } from './update-state-by-key.js';

/**
 * A function for each value with the key's state, as Spark's mapWithState. State: table `state`, column `value`, and with
 * a timeout the time of the key's last value.
 */
export const mapWithState = (parts: OperatorParts): Operator => new MapWithState(parts);

class MapWithState implements Operator {
  readonly state: OperatorState;
  readonly inline: (row: RowCode) => string;
  private readonly table: StateTable;
  private readonly ttl: Ttl | undefined;
  private readonly update: TenantFunction;
  private readonly emitter: { readonly run: Emit };
  private readonly pushed: { readonly run: Emit };
  private readonly given: GivenState;
  /** Rows that may have no state: they go at the end of the batch. */
  private stateless: number[] = [];
  private readonly keyText = (): string => this.table.keys.text(this.given.id);

  constructor(private readonly parts: OperatorParts) {
    const { node, code } = parts;
    const { state, table, ttl } = stateWithTtl(parts, VALUE_COLUMN);
    this.state = state;
    this.table = table;
    this.ttl = ttl;
    this.given = new GivenState(this.table, stateFormOf(node));
    this.update = roleOf(node.functions, 'update');
    this.emitter = parts.emitter();
    this.inline = (row) => this.code(row);
    this.pushed = code.add<Emit>(EMIT_PARAMS, () => this.code(emittedRow(true)));
  }

  push(value: unknown, key: unknown, timeMs: number, context: RowContext): void {
    this.pushed.run(value, key, timeMs, context);
  }

  /** Called by generated code. */
  call(id: number, value: unknown, timeMs: number, context: RowContext): void {
    const { given, parts, table } = this;
    given.id = id;
    parts.where.operator = parts.node;
    parts.where.key = this.keyText;
    const key = table.keys.key(id);
    const row = this.update(value, given, key, context);
    refuseThenable(row);
    if (!given.exists()) this.stateless.push(id);
    parts.where.key = undefined;
    if (row !== undefined) this.emitter.run(row, key, timeMs, context);
  }

  endBatch(batch: BatchEnd): void {
    const { table, ttl, given } = this;
    for (const id of this.stateless) {
      if (table.isHeld(id) && table.json(0)[id] === undefined) table.remove(id);
    }
    this.stateless = [];
    table.bound.hollow = 0;
    if (ttl === undefined) return;
    const due = [...ttl.due(batch)].sort((a, b) => ttl.lastMs(a) - ttl.lastMs(b) || table.keys.compare(a, b));
    given.timingOut = true;
    for (const id of due) this.call(id, undefined, timeOf(batch.context), batch.context);
    given.timingOut = false;
    for (const id of due) table.remove(id);
  }

  takeCounts(): Readonly<Record<string, number>> {
    return this.ttl?.takeCounts() ?? {};
  }

  private code(row: RowCode): string {
    const { code, node, where } = this.parts;
    const [self, table, place, here] = code.constantsOf(this, this.table, where, node);
    const id = code.local('id');
    return `${place}.operator = ${here};
${idOfKey(table, row, id)}
${this.ttl === undefined ? '' : `${this.ttl.touchCode(code, table, id, row)}\n${table}.change(${id});`}
${self}.call(${id}, ${valueOf(row)}, ${row.time}, ${row.context});`;
  }
}

/** What the job's code gets for its key's state: one object, of the row `id`. */
class GivenState {
  id = 0;
  timingOut = false;
  private readonly copier = new StateCopier();

  constructor(
    private readonly table: StateTable,
    private readonly refuseMisfit: ((state: unknown) => void) | undefined,
  ) {
    table.bound.beginsHollow = true;
  }

  exists(): boolean {
    return this.table.json(0)[this.id] !== undefined;
  }

  get(): unknown {
    const held = this.table.json(0)[this.id];
    return held === undefined ? undefined : copyJson(held);
  }

  update(state: unknown): void {
    this.refuseTimingOut('update');
    const kept = keepState(state, this.copier);
    this.refuseMisfit?.(kept);
    if (!this.exists()) this.table.bound.fill(this.table, this.id);
    this.table.json(0)[this.id] = kept;
    this.table.change(this.id);
  }

  remove(): void {
    this.refuseTimingOut('remove');
    if (this.exists()) this.table.bound.hollow += 1;
    this.table.json(0)[this.id] = undefined;
    this.table.change(this.id);
  }

  isTimingOut(): boolean {
    return this.timingOut;
  }

  private refuseTimingOut(name: string): void {
    if (this.timingOut)
      throw misuse(`state.${name}() cannot be called for a key that is timing out: its state goes now`);
  }
}
