import type { GeneratedCode } from '../../fuse/generated-code.js';
import { memberOf, valueOf, type RowCode } from '../../fuse/row-code.js';
import type { ColumnSpec } from '../../state/state-table.js';
import type { CheckedNode } from '../checked-definition.js';
import { misuse } from '../failure.js';
import type { OperatorParts } from '../operator.js';
import type { AggregateSpec, AggregatorKind, Cells, FigureFunctions } from './aggregator-kind.js';
import { aggregatorOf } from './aggregators.js';
import type { ThenEmit } from './windows/contents-port.js';

interface Part {
  readonly spec: AggregateSpec;
  readonly kind: AggregatorKind;
  /** Index of its first column. */
  readonly from: number;
  /** The name of what its code works with. */
  readonly own: string;
}

/** The figures of one node: their columns, and the code that works on a row of any table that has these columns. */
export class AggregateCode {
  readonly columns: readonly ColumnSpec[];
  private readonly parts: readonly Part[];

  constructor(
    private readonly node: CheckedNode,
    private readonly code: GeneratedCode,
  ) {
    const columns: ColumnSpec[] = [];
    this.parts = aggregatesOf(node).map((spec) => {
      const kind = aggregatorOf(spec.kind);
      if (kind === undefined) throw new TypeError(`no aggregate "${spec.kind}"`);
      const from = columns.length;
      kind.columns.forEach((column, index) => {
        columns.push({ ...column, name: columnName(spec.name, index) });
      });
      const own = kind.setUp === undefined ? '' : code.constant(kind.setUp(spec, functionsOf(node, spec)));
      return { spec, kind, from, own };
    });
    this.columns = columns;
  }

  /** Indexes of the columns that are sums of values. */
  get sums(): readonly number[] {
    return this.parts.flatMap(({ kind: { sums = [] }, from }) => sums.map((index) => from + index));
  }

  /** Statements that add a row to the figures at `id` of `table`. */
  add(row: RowCode, table: string, id: string): string {
    return this.parts
      .map(({ spec, kind, from, own }) => {
        const cells = cellsOf(table, id, from);
        if (!kind.takesNumber && kind.takesAny !== true) return kind.add(cells, '', own);
        const value = this.code.local('of');
        const of = kind.takesNumber ? this.numberOf(row, spec) : this.anyOf(row, spec);
        return `const ${value} = ${of};\n${kind.add(cells, value, own)}`;
      })
      .join('\n');
  }

  /** Statements that add the figures at `other` of `from`, which are later, to those at `id` of `table`. */
  merge(table: string, id: string, from: string, other: string): string {
    return this.parts
      .map((part) => part.kind.merge(cellsOf(table, id, part.from), cellsOf(from, other, part.from), part.own))
      .join('\n');
  }

  /** Statements that take the figures at `other` of `from` out again; undefined where one of them does not allow it. */
  retract(table: string, id: string, from: string, other: string): string | undefined {
    const texts = this.parts.map(({ kind, from: at }) =>
      kind.retract?.(cellsOf(table, id, at), cellsOf(from, other, at)),
    );
    return texts.includes(undefined) ? undefined : texts.join('\n');
  }

  /** The result at `id` of `table`. */
  result(table: string, id: string): RowCode['value'] {
    const members = this.parts.map(({ spec, kind, from, own }) => ({
      name: spec.name,
      code: kind.result(cellsOf(table, id, from), own),
      type: kind.resultType ?? ('number' as const),
    }));
    return { kind: 'struct', members };
  }

  /**
   * Statements that hand on the result at `id` of `table`. Figures that are more than a cell are worked out once, however
   * many read them, and in the name of this operator: the job's code may be called for them.
   */
  emit({ where, code }: Pick<OperatorParts, 'where' | 'code'>, table: string, id: string, then: ThenEmit): string {
    const result = this.result(table, id);
    if (result.kind !== 'struct') return then(result);
    const declared: string[] = [];
    const members = result.members.map((member, index) => {
      if (this.parts[index]?.kind.setUp === undefined) return member;
      const figure = code.local('figure');
      declared.push(`const ${figure} = ${member.code};`);
      return { ...member, code: figure };
    });
    if (declared.length === 0) return then(result);
    const [place, here] = code.constantsOf(where, this.node);
    return `${place}.operator = ${here};\n${declared.join('\n')}\n${then({ kind: 'struct', members })}`;
  }

  private anyOf(row: RowCode, { name, field }: AggregateSpec): string {
    const of = this.node.functions[`${name}.of`];
    if (of !== undefined) return `${this.code.constant(of)}(${valueOf(row)})`;
    if (field === undefined) return valueOf(row);
    return row.value.kind === 'local'
      ? `${this.code.constant(memberNamed)}(${row.value.code}, ${JSON.stringify(field)})`
      : memberOf(row, field).code;
  }

  private numberOf(row: RowCode, { name, field }: AggregateSpec): string {
    const check = this.code.constant(finite);
    if (field === undefined) {
      const of = this.code.constant(this.node.functions[`${name}.of`]);
      return `${check}(${of}(${valueOf(row)}), ${JSON.stringify(name)})`;
    }
    if (row.value.kind === 'local') {
      return `${check}(${this.code.constant(memberNamed)}(${row.value.code}, ${JSON.stringify(field)}), ${JSON.stringify(name)})`;
    }
    const member = memberOf(row, field);
    return member.type === 'number' ? member.code : `${check}(${member.code}, ${JSON.stringify(name)})`;
  }
}

/** What the column number `index` of a figure is called in stored state: **frozen**. */
export const columnName = (figure: string, index: number): string => (index === 0 ? figure : `${figure}.${index}`);

export const aggregatesOf = ({ options }: Pick<CheckedNode, 'options'>): readonly AggregateSpec[] =>
  options['aggregates'] as readonly AggregateSpec[];

const cellsOf = (table: string, id: string, from: number): Cells =>
  Object.assign((index: number) => `${table}.columns[${from + index}][${id}]`, { table, id, from });

/** The job's functions for one figure: `total.add` is the role `add` of the figure `total`. */
export function functionsOf({ functions }: CheckedNode, { name }: AggregateSpec): FigureFunctions {
  const own = Object.entries(functions).filter(([role]) => role.startsWith(`${name}.`));
  return Object.fromEntries(own.map(([role, fn]) => [role.slice(name.length + 1), fn]));
}

function finite(value: unknown, name: string): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  const found = typeof value === 'number' ? String(value) : value === null ? 'null' : `of type ${typeof value}`;
  throw misuse(`the aggregate "${name}" needs a finite number; this one is ${found}`);
}

function memberNamed(value: unknown, name: string): unknown {
  if (typeof value === 'object' && value !== null) return (value as { readonly [name: string]: unknown })[name];
  return undefined;
}
