import { valueOf } from '../../../fuse/row-code.js';
import { setAt, type StateTable } from '../../../state/state-table.js';
import type { TenantFunction } from '../../checked-definition.js';
import { misuse } from '../../failure.js';
import { copyJson } from '../../json-copy.js';
import { refuseThenable, type OperatorParts } from '../../operator.js';
import { roleOf } from '../role-of.js';
import { keepState, VALUE_COLUMN } from '../update-state-by-key.js';
import type { Contents } from './contents-port.js';

/** What the job's own code makes of the rows: column `value`, a state, a value, or an array of records, as JSON. */
export function jsonContents(parts: OperatorParts): Contents {
  switch (parts.node.kind) {
    case 'windowFold':
      return oneValue(parts, new Folded(parts));
    case 'windowReduce':
      return oneValue(parts, new Reduced(parts));
    default:
      return records(parts, new Collected());
  }
}

interface Kept {
  add(table: StateTable, id: number, value: unknown, context: unknown): void;
  merge(table: StateTable, id: number, later: unknown): void;
  settle(table: StateTable): void;
  rowsOf(table: StateTable): number;
  leave(table: StateTable, id: number): void;
}

/** A cell that the job's code may change during a batch; at its end, what it holds is copied. */
abstract class Changeable {
  /** What the job's code may change. */
  protected held(table: StateTable, id: number): unknown {
    const held = table.json(0)[id];
    return held !== undefined && table.isFrozen ? copyJson(held) : held;
  }

  settle(table: StateTable): void {
    const values = table.json(0);
    for (let i = 0; i < table.touchedCount; i += 1) {
      const id = table.touched[i] ?? 0;
      if (values[id] !== undefined) values[id] = keepState(values[id]);
    }
  }

  rowsOf(table: StateTable): number {
    return table.size;
  }

  leave(): void {
    // A value is one row, which goes with its key.
  }
}

class Folded extends Changeable implements Kept {
  private readonly initial: unknown;
  private readonly fold: TenantFunction;
  private readonly join: TenantFunction | undefined;

  constructor({ node }: OperatorParts) {
    super();
    this.initial = node.options['initial'];
    this.fold = roleOf(node.functions, 'fold');
    this.join = node.functions['merge'];
  }

  add(table: StateTable, id: number, value: unknown, context: unknown): void {
    const state = this.held(table, id) ?? copyJson(this.initial);
    setAt(table.json(0), id, checked(this.fold(state, value, context)));
  }

  merge(table: StateTable, id: number, later: unknown): void {
    mergeInto(table, id, { later, held: this.held(table, id), join: this.join });
  }
}

class Reduced extends Changeable implements Kept {
  private readonly reduce: TenantFunction;

  constructor({ node }: OperatorParts) {
    super();
    this.reduce = roleOf(node.functions, 'reduce');
  }

  add(table: StateTable, id: number, value: unknown): void {
    const held = this.held(table, id);
    // The record is everybody's, and the reducer may change what it is given.
    setAt(table.json(0), id, held === undefined ? keepState(value) : checked(this.reduce(held, value)));
  }

  merge(table: StateTable, id: number, later: unknown): void {
    mergeInto(table, id, { later, held: this.held(table, id), join: this.reduce });
  }
}

function mergeInto(
  table: StateTable,
  id: number,
  { later, held, join }: { readonly later: unknown; readonly held: unknown; readonly join: TenantFunction | undefined },
): void {
  if (later === undefined) return;
  if (held === undefined) setAt(table.json(0), id, copyJson(later));
  else if (join !== undefined) setAt(table.json(0), id, keepState(checked(join(held, copyJson(later)))));
}

class Collected implements Kept {
  /** Arrays that were made in this batch: no snapshot has them. */
  private own = new WeakSet();
  private readonly counts = new WeakMap<StateTable, number>();
  private table: StateTable | undefined;
  /** Records of {@link table}. */
  private count = 0;

  add(table: StateTable, id: number, value: unknown): void {
    const kept = keepState(value);
    this.changeable(table, id).push(kept);
    this.countMore(table, 1);
  }

  merge(table: StateTable, id: number, later: unknown): void {
    if (later === undefined) return;
    const records = this.changeable(table, id);
    for (const record of later as readonly unknown[]) records.push(record);
    this.countMore(table, (later as readonly unknown[]).length);
  }

  settle(): void {
    this.own = new WeakSet();
  }

  rowsOf(table: StateTable): number {
    if (table === this.table) return this.count;
    const known = this.counts.get(table);
    if (known !== undefined) return known;
    let count = 0;
    for (const id of table.ids()) count += lengthOf(table.json(0)[id]);
    this.counts.set(table, count);
    return count;
  }

  leave(table: StateTable, id: number): void {
    this.countMore(table, -lengthOf(table.json(0)[id]));
  }

  /** `more` records, which are there already where nothing was counted yet. */
  private countMore(table: StateTable, more: number): void {
    if (table === this.table) {
      this.count += more;
      return;
    }
    const isKnown = this.counts.has(table);
    const count = this.rowsOf(table);
    if (this.table !== undefined) this.counts.set(this.table, this.count);
    this.table = table;
    this.count = isKnown || more < 0 ? count + more : count;
  }

  private changeable(table: StateTable, id: number): unknown[] {
    const held = table.json(0)[id] as unknown[] | undefined;
    if (held !== undefined && (!table.isFrozen || this.own.has(held))) return held;
    const made = held === undefined ? [] : [...held];
    this.own.add(made);
    setAt(table.json(0), id, made);
    return made;
  }
}

function keptCode({ code }: OperatorParts, kept: Kept): Omit<Contents, 'take' | 'emit' | 'emitTaken'> {
  const name = code.constant(kept);
  return {
    columns: VALUE_COLUMN,
    add: (row, table, id) => `${name}.add(${table}, ${id}, ${valueOf(row)}, ${row.context});`,
    merge: (table, id, from, other) => `${name}.merge(${table}, ${id}, ${from}.columns[0][${other}]);`,
    retract: () => undefined,
    settle(table) {
      kept.settle(table);
    },
    rowsOf: (table) => kept.rowsOf(table),
    leave(table, id) {
      kept.leave(table, id);
    },
  };
}

function oneValue(parts: OperatorParts, kept: Kept): Contents {
  const copy = parts.code.constant(copyJson);
  return {
    ...keptCode(parts, kept),
    emit({ table, id, isLast }, then) {
      const value = parts.code.local('value');
      const cell = `${table}.columns[0][${id}]`;
      return `const ${value} = ${isLast} && !${table}.isFrozen ? ${cell} : ${copy}(${cell});
${then({ kind: 'local', code: value })}`;
    },
    take: (table, id) => `${copy}(${table}.columns[0][${id}])`,
    emitTaken: ({ value }, then) => then({ kind: 'local', code: value }),
  };
}

function records(parts: OperatorParts, kept: Kept): Contents {
  const { code, node, where } = parts;
  const [copy, place, here, results] = code.constantsOf(copyJson, where, node, asResults);
  const process = code.constant(roleOf(node.functions, 'process'));
  const each = (key: string, list: string, then: Parameters<Contents['emit']>[1]): string => {
    const result = code.local('result');
    return `${place}.operator = ${here};
for (const ${result} of ${results}(${process}(${key}, ${list}, context))) {
${then({ kind: 'local', code: result })}
${place}.operator = ${here};
}`;
  };
  return {
    ...keptCode(parts, kept),
    emit({ table, id, isLast }, then) {
      const cell = `${table}.columns[0][${id}]`;
      return each(`${table}.keys.key(${id})`, `${isLast} && !${table}.isFrozen ? ${cell} : ${copy}(${cell})`, then);
    },
    take: (table, id) => `${copy}(${table}.columns[0][${id}])`,
    emitTaken: ({ value, key }, then) => each(key, value, then),
  };
}

const lengthOf = (records: unknown): number => (records as readonly unknown[] | undefined)?.length ?? 0;

function checked(state: unknown): unknown {
  refuseThenable(state);
  if (state === undefined) throw misuse('it returned undefined instead of a value');
  return state;
}

function asResults(results: unknown): Iterable<unknown> {
  if (typeof results === 'object' && results !== null && Symbol.iterator in results)
    return results as Iterable<unknown>;
  throw misuse('the process of a window must return an array or another iterable');
}
