import type { Key } from '@tidemark/streams';
import { findKey } from '../../fuse/keyed-code.js';
import type { GeneratedFunction } from '../../fuse/generated-code.js';
import { EMIT_PARAMS, emittedRow, rowOf, valueOf, type Emit, type RowCode } from '../../fuse/row-code.js';
import { keyOfField } from '../../fuse/stateless-code.js';
import { OperatorState } from '../../state/operator-state.js';
import { setAt, type StateTable } from '../../state/state-table.js';
import { cloneJson } from '../json-copy.js';
import { asKey, refuseThenable, type Operator, type OperatorParts, type RowContext } from '../operator.js';
import { roleOf } from './role-of.js';
import { keepState, VALUE_COLUMN } from './update-state-by-key.js';

export const lookup = (parts: OperatorParts): Operator => new Lookup(parts);

/**
 * Completes the rows of input 0 from the table that the rows of input 1 make. State: table `state`, the newest row of each
 * key. A batch reads input 1 first (see sources-in-order.ts), so rows of input 0 need not wait.
 */
class Lookup implements Operator {
  readonly state: OperatorState;
  readonly inline: (row: RowCode, port: number) => string;
  private readonly table: StateTable;
  private readonly pushed: GeneratedFunction<Emit>;

  constructor(private readonly parts: OperatorParts) {
    const { node, code } = parts;
    this.state = new OperatorState(node.uid ?? '', (name) => (name === 'state' ? VALUE_COLUMN : undefined));
    this.table = this.state.table('state');
    this.inline = (row, port) => (port === 0 ? this.lookupCode(row) : this.upsertCode(row));
    this.pushed = code.add<Emit>(EMIT_PARAMS, () => this.lookupCode(emittedRow(parts.isKeyed(0))));
  }

  push(value: unknown, key: unknown, timeMs: number, context: RowContext, port: number): void {
    if (port === 0) this.pushed.run(value, key, timeMs, context);
    else this.upsert(value, key as Key);
  }

  /** Takes a row of the table. Called by generated code. */
  upsert(row: unknown, key: Key): void {
    const { table } = this;
    const { where, node } = this.parts;
    const isDelete = node.functions['delete'];
    where.operator = node;
    const goes = isDelete?.(row);
    refuseThenable(goes);
    if (!goes) {
      where.key = () => JSON.stringify(key);
      const kept = keepState(row);
      where.key = undefined;
      const id = table.idOf(key);
      setAt(table.json(0), id, kept);
      table.change(id);
      return;
    }
    const id = table.find(key);
    if (id >= 0) table.remove(id);
  }

  /** What the job's code gets of a row, which it may keep and change. Called by generated code. */
  rowAt(id: number): unknown {
    return id < 0 ? undefined : cloneJson(this.table.json(0)[id]);
  }

  private upsertCode(row: RowCode): string {
    const key = row.key?.kind === 'field' ? row.key.field.code : row.key?.kind === 'local' ? row.key.code : 'undefined';
    return `${this.parts.code.constant(this)}.upsert(${valueOf(row)}, ${key});`;
  }

  private lookupCode(row: RowCode): string {
    const { code, node, where, emitCode } = this.parts;
    const [self, table, place, here] = code.constantsOf(this, this.table, where, node);
    const [record, id, result] = [code.local('record'), code.local('id'), code.local('row')];
    const thenable = code.constant(refuseThenable);
    const { declare, key } = this.keyCode(row, record);
    const next = emitCode({ ...row, key: undefined, value: { kind: 'local', code: result } });
    const rest = `const ${result} = ${code.constant(roleOf(node.functions, 'select'))}(${record}, ${self}.rowAt(${id}), ${row.context});
if (typeof ${result} === 'object' && ${result} !== null) ${thenable}(${result});
${next}`;
    return `${place}.operator = ${here};
const ${record} = ${rowOf(row)};
${declare}
${findKey(table, { ...row, key }, id)}
${node.options['type'] === 'inner' ? `if (${id} >= 0) {\n${rest}\n}` : rest}`;
  }

  /** The key that a row asks for; `record` is the local of the row. */
  private keyCode(row: RowCode, record: string): ReturnType<typeof keyOfField> {
    const { code, node } = this.parts;
    const field = node.options['field'];
    if (typeof field === 'string') {
      const isPair = row.key !== undefined;
      return keyOfField({ code }, isPair ? { ...row, value: { kind: 'local', code: record } } : row, field);
    }
    const key = code.local('key');
    const apply = code.constant(roleOf(node.functions, 'key'));
    return {
      declare: `const ${key} = ${code.constant(asKey)}(${apply}(${record}, ${row.context}));`,
      key: { kind: 'local', code: key },
    };
  }
}
