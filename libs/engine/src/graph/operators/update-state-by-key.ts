import type { Key } from '@tidemark/streams';
import type { Emit } from '../../fuse/row-code.js';
import { OperatorState } from '../../state/operator-state.js';
import { setAt, type StateTable } from '../../state/state-table.js';
import type { TenantFunction } from '../checked-definition.js';
import { operatorOf, OperatorFault } from '../failure.js';
import { copyJson, NotJsonError } from '../json-copy.js';
import { getOrAdd, refuseThenable, type Operator, type OperatorParts, type RowContext } from '../operator.js';
import { roleOf } from './role-of.js';

/** State: table `state`, column `value`, the state of each key as JSON. */
export const VALUE_COLUMN = [{ name: 'value', type: 'json' }] as const;

export function updateStateByKey(parts: OperatorParts): Operator {
  const state = new OperatorState(parts.node.uid ?? '', (name) => (name === 'state' ? VALUE_COLUMN : undefined));
  return new UpdateStateByKey(parts, state);
}

/** The values of one context, as linked lists by key: the id of a key leads to its first and last value. */
class Grouping {
  readonly ids: number[] = [];
  readonly values: unknown[] = [];
  readonly next: number[] = [];
  private readonly first: number[] = [];
  private readonly last: number[] = [];

  add(id: number, value: unknown): void {
    const at = this.values.push(value) - 1;
    this.next.push(-1);
    const last = this.last[id];
    if (last === undefined || last < 0) {
      this.ids.push(id);
      setAt(this.first, id, at);
    } else {
      this.next[last] = at;
    }
    setAt(this.last, id, at);
  }

  valuesOf(id: number): unknown[] {
    const values: unknown[] = [];
    for (let at = this.first[id] ?? -1; at >= 0; at = this.next[at] ?? -1) values.push(this.values[at]);
    return values;
  }

  /** Ready for another batch; keeps its room. */
  clear(): void {
    for (const id of this.ids) this.last[id] = -1;
    this.ids.length = 0;
    this.values.length = 0;
    this.next.length = 0;
  }
}

class UpdateStateByKey implements Operator {
  private readonly table: StateTable;
  private readonly update: TenantFunction;
  private readonly emitter: { readonly run: Emit };
  private readonly groupings = new Map<RowContext, Grouping>();
  private spare = new Grouping();

  constructor(
    private readonly parts: OperatorParts,
    readonly state: OperatorState,
  ) {
    this.table = state.table('state');
    this.update = roleOf(parts.node.functions, 'update');
    this.emitter = parts.emitter();
  }

  push(value: unknown, key: unknown, _time: number, context: RowContext): void {
    const grouping = getOrAdd(this.groupings, context, () => this.newGrouping());
    grouping.add(this.table.idOf(key as Key), value);
  }

  endBatch(): void {
    for (const [context, grouping] of this.groupings) {
      for (const id of grouping.ids) this.updateOne(id, grouping.valuesOf(id), context);
      this.spare = grouping;
    }
    // Not before: rows of another window of this batch may wait for the same key.
    for (const grouping of this.groupings.values()) {
      for (const id of grouping.ids) {
        if (this.table.isHeld(id) && this.table.json(0)[id] === undefined) this.table.remove(id);
      }
      grouping.clear();
    }
    this.groupings.clear();
  }

  private updateOne(id: number, values: readonly unknown[], context: RowContext): void {
    const { table } = this;
    const { where, node } = this.parts;
    const key = table.keys.key(id);
    where.operator = node;
    where.key = () => table.keys.text(id);
    const held = table.json(0)[id];
    // What is frozen for a snapshot must not change; the job's code may change what it is given.
    const before = table.isFrozen && held !== undefined ? copyJson(held) : held;
    const state = this.update(values, before, key, context);
    refuseThenable(state);
    setAt(table.json(0), id, state === undefined ? undefined : keepState(state));
    table.change(id);
    where.key = undefined;
    if (state !== undefined) this.emitter.run(state, key, context.windowEndMs ?? context.batchTimeMs, context);
  }

  private newGrouping(): Grouping {
    const grouping = this.spare;
    this.spare = new Grouping();
    return grouping;
  }
}

/** @throws OperatorFault `state_not_json`, naming the place in the value. */
export function keepState(value: unknown): unknown {
  try {
    return copyJson(value);
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
