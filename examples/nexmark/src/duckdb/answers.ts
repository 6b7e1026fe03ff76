import { DuckDBInstance, type JS } from '@duckdb/node-api';
import { canonical, type Row } from '../compare.js';
import { eventTables } from './events.js';
import { QUERIES, type CoveredQueryId } from '../queries.js';

/** What DuckDB answers to a query over the files in `folder`, sorted by the rows' canonical text. */
export async function answer(id: CoveredQueryId, folder: string): Promise<Row[]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    await connection.run(eventTables(folder));
    const reader = await connection.runAndReadAll(QUERIES[id].sql);
    return reader
      .getRowObjectsJS()
      .map((row) => Object.fromEntries(Object.entries(row).map(([column, value]) => [column, asJson(value)])))
      .map((row) => ({ row, text: canonical(row) }))
      .sort((a, b) => (a.text < b.text ? -1 : Number(a.text > b.text)))
      .map(({ row }) => row);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

function asJson(value: JS): Row[string] {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
      return value;
    case 'bigint':
      if (Number.isSafeInteger(Number(value))) return Number(value);
      throw new RangeError(`${value} is more than a JSON number can say exactly`);
    default:
      if (value === null) return null;
      throw new TypeError(`DuckDB answered with a ${typeof value}; cast the column to a number or a text`);
  }
}
