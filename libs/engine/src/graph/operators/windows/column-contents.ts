import type { GeneratedCode } from '../../../fuse/generated-code.js';
import { valueOf, type RowCode } from '../../../fuse/row-code.js';
import type { ColumnSpec, StateTable } from '../../../state/state-table.js';
import type { CheckedNode } from '../../checked-definition.js';
import { copyJson } from '../../json-copy.js';
import { roleOf } from '../role-of.js';
import { StateCells } from '../state-cells.js';
import { keepState } from '../update-state-by-key.js';
import type { Contents, ThenEmit } from './contents-port.js';

/**
 * Of a `fold` whose state has a schema: a column for each member, and `@held`, which says whether there is a state at all.
 * For what lies in json columns the same holds as for a state without a schema: see json-contents.ts.
 */
export class ColumnContents implements Contents {
  readonly columns: readonly ColumnSpec[];
  private readonly code: GeneratedCode;
  private readonly state: StateCells;
  private readonly jsonIndexes: readonly number[];
  /** In generated code: what reads and keeps the cells with JSON. */
  private readonly cells: string;
  private readonly initial: unknown;

  constructor(
    private readonly node: CheckedNode,
    code: GeneratedCode,
    schema: unknown,
  ) {
    this.code = code;
    this.initial = node.options['initial'];
    this.state = new StateCells(code, schema, this.initial);
    this.columns = [...this.state.columns, { name: '@held', type: 'bool' }];
    this.jsonIndexes = [...this.columns.keys()].filter((index) => this.columns[index]?.type === 'json');
    this.cells = code.constant(new JsonCells(this.jsonIndexes));
  }

  add(row: RowCode, table: string, id: string): string {
    const { code, node } = this;
    const [fold, begin] = code.constantsOf(roleOf(node.functions, 'fold'), () => copyJson(this.initial));
    const [state, held] = [code.local('state'), this.held(table, id)];
    // Typed columns of a new row hold what the state begins with.
    const given = this.isTyped ? this.own(table, id) : `${held} === 1 ? ${this.own(table, id)} : ${begin}()`;
    return `const ${state} = ${fold}(${given}, ${valueOf(row)}, ${row.context});
${this.state.write(table, id, state)}
${held} = 1;`;
  }

  merge(table: string, id: string, from: string, other: string): string {
    const { code } = this;
    const join = this.node.functions['merge'];
    if (join === undefined) return '';
    const [state, held] = [code.local('state'), this.held(table, id)];
    const later = this.state.object(from, other, (index) => this.copyOf(from, index, other));
    return `if (${this.held(from, other)} === 1) {
const ${state} = ${held} === 1 ? ${code.constant(join)}(${this.own(table, id)}, ${later}) : ${later};
${this.state.write(table, id, state)}
${held} = 1;
${this.isTyped ? '' : `${this.cells}.keep(${table}, ${id});`}
}`;
  }

  retract(): undefined {
    return undefined;
  }

  emit({ table, id, isLast }: Parameters<Contents['emit']>[0], then: ThenEmit): string {
    const copy = this.code.constant(copyIfThere);
    const given = (cell: string): string => `(${isLast} && !${table}.isFrozen ? ${cell} : ${copy}(${cell}))`;
    const { declare, value } = this.state.result(table, id, given);
    return `${declare}\n${then(value)}`;
  }

  take(table: string, id: string): string {
    return this.state.row(table, id, (index) => this.copyOf(table, index, id));
  }

  emitTaken({ value }: { readonly value: string }, then: ThenEmit): string {
    return then({ kind: 'local', code: value });
  }

  settle(table: StateTable): void {
    if (this.isTyped) return;
    for (let i = 0; i < table.touchedCount; i += 1) keepJson(table, table.touched[i] ?? 0, this.jsonIndexes);
  }

  rowsOf(table: StateTable): number {
    return table.size;
  }

  leave(): void {
    // A state is one row, which goes with its key.
  }

  private get isTyped(): boolean {
    return this.jsonIndexes.length === 0;
  }

  private held(table: string, id: string): string {
    return `${table}.columns[${this.columns.length - 1}][${id}]`;
  }

  private own(table: string, id: string): string {
    return this.state.object(table, id, (index) => `${this.cells}.own(${table}, ${index}, ${id})`);
  }

  private copyOf(table: string, index: number, id: string): string {
    return `${this.code.constant(copyIfThere)}(${table}.columns[${index}][${id}])`;
  }
}

/** Called by generated code. */
class JsonCells {
  constructor(private readonly indexes: readonly number[]) {}

  /** What the job's code may change. */
  own(table: StateTable, index: number, id: number): unknown {
    const held = table.json(index)[id];
    return held !== undefined && table.isFrozen ? copyJson(held) : held;
  }

  keep(table: StateTable, id: number): void {
    keepJson(table, id, this.indexes);
  }
}

/** Nothing else may hold what is kept. */
function keepJson(table: StateTable, id: number, indexes: readonly number[]): void {
  for (const index of indexes) {
    const values = table.json(index);
    if (values[id] !== undefined) values[id] = keepState(values[id]);
  }
}

const copyIfThere = (held: unknown): unknown => (held === undefined ? undefined : copyJson(held));
