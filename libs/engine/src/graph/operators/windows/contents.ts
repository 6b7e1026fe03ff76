import { propertyName } from '../../../fuse/row-code.js';
import type { OperatorParts } from '../../operator.js';
import { AggregateCode } from '../aggregate-code.js';
import { ColumnContents } from './column-contents.js';
import type { Contents } from './contents-port.js';
import { jsonContents } from './json-contents.js';

export function contentsOf(parts: OperatorParts): Contents {
  const { node, code } = parts;
  const { kind, schema } = node;
  if (kind === 'windowAggregate') return aggregateContents(parts);
  return kind === 'windowFold' && schema !== undefined ? new ColumnContents(node, code, schema) : jsonContents(parts);
}

function aggregateContents(parts: OperatorParts): Contents {
  const { node, code } = parts;
  const figures = new AggregateCode(node, code);
  return {
    columns: figures.columns,
    sums: figures.sums,
    add: (row, table, id) => figures.add(row, table, id),
    merge: (table, id, from, other) => figures.merge(table, id, from, other),
    retract: (table, id, from, other) => figures.retract(table, id, from, other),
    emit: ({ table, id }, then) => figures.emit(parts, table, id, then),
    take(table, id) {
      const result = figures.result(table, id);
      if (result.kind !== 'struct') return result.kind === 'local' ? result.code : 'undefined';
      return `{ ${result.members.map((member) => `${propertyName(member.name)}: ${member.code}`).join(', ')} }`;
    },
    emitTaken: ({ value }, then) => then({ kind: 'local', code: value }),
    settle: () => undefined,
    rowsOf: (table) => table.size,
    leave: () => undefined,
  };
}
