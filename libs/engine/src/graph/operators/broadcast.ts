import type { Emit } from '../../fuse/row-code.js';
import { iterableOf } from '../../fuse/stateless-code.js';
import { OperatorState, OWN_KEY } from '../../state/operator-state.js';
import { setAt, type StateTable } from '../../state/state-table.js';
import type { TenantFunction } from '../checked-definition.js';
import { misuse } from '../failure.js';
import { cloneJson } from '../json-copy.js';
import { refuseThenable, type Operator, type OperatorParts, type RowContext } from '../operator.js';
import { roleOf } from './role-of.js';
import { keepState, VALUE_COLUMN } from './update-state-by-key.js';

export const broadcast = (parts: OperatorParts): Operator => new Broadcast(parts);

interface Waiting {
  readonly record: unknown;
  readonly timeMs: number;
  readonly context: RowContext;
}

/**
 * One state that the rows of input 1 make and all rows of input 0 see. State: table `state`, one row under the key null.
 * Rows of input 0 wait for the end of the batch, because the other input may come after them.
 */
class Broadcast implements Operator {
  readonly state: OperatorState;
  private readonly table: StateTable;
  private readonly update: TenantFunction;
  private readonly apply: TenantFunction;
  private readonly emitter: { readonly run: Emit };
  private readonly isKeyed: readonly boolean[];
  private readonly iterable = iterableOf('the apply of withBroadcast');
  private waiting: Waiting[] = [];
  /** What the job's code is changing; undefined where no side row has come in this batch. */
  private changing: { state: unknown } | undefined;
  /** A frozen copy of what is kept: code that would change it is told so. */
  private shown: { readonly state: unknown } | undefined;

  constructor(private readonly parts: OperatorParts) {
    const { node } = parts;
    this.update = roleOf(node.functions, 'update');
    this.apply = roleOf(node.functions, 'apply');
    this.emitter = parts.emitter();
    this.isKeyed = [parts.isKeyed(0), parts.isKeyed(1)];
    const columns = (name: string) => (name === 'state' ? VALUE_COLUMN : undefined);
    this.state = new OperatorState(node.uid ?? '', columns, () => {
      this.shown = undefined;
    });
    this.table = this.state.table('state');
  }

  push(value: unknown, key: unknown, timeMs: number, context: RowContext, port: number): void {
    const record = this.isKeyed[port] === true ? [key, value] : value;
    if (port === 0) {
      this.waiting.push({ record, timeMs, context });
      return;
    }
    this.parts.where.operator = this.parts.node;
    this.changing ??= { state: cloneJson(this.kept()) };
    const state = this.update(this.changing.state, record, context);
    refuseThenable(state);
    if (state === undefined) throw misuse('the update of withBroadcast returned undefined instead of a state');
    this.changing.state = state;
  }

  endBatch(): void {
    this.keep();
    const { where, node } = this.parts;
    const { waiting } = this;
    this.waiting = [];
    for (const { record, timeMs, context } of waiting) {
      this.shown ??= { state: freezeDeep(cloneJson(this.kept())) };
      where.operator = node;
      for (const row of this.iterable(this.apply(record, this.shown.state, context))) {
        this.emitter.run(row, undefined, timeMs, context);
        where.operator = node;
      }
    }
  }

  private kept(): unknown {
    const id = this.table.find(OWN_KEY);
    return id < 0 ? this.parts.node.options['initial'] : this.table.json(0)[id];
  }

  private keep(): void {
    if (this.changing === undefined) return;
    const { where, node } = this.parts;
    where.operator = node;
    where.key = () => 'null';
    const state = keepState(this.changing.state);
    where.key = undefined;
    const id = this.table.idOf(OWN_KEY);
    setAt(this.table.json(0), id, state);
    this.table.change(id);
    this.changing = undefined;
    this.shown = undefined;
  }
}

/** @param value plain JSON. */
function freezeDeep(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  for (const member of Object.values(value)) freezeDeep(member);
  return Object.freeze(value);
}
