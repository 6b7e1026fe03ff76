/**
 * The files as tables. Types are declared, not guessed: a guess looks at the first lines only. `folder` is the directory
 * that `writeEvents` wrote into.
 */
export const eventTables = (folder: string): string =>
  Object.entries(COLUMNS)
    .map(([table, columns]) => {
      const declared = Object.entries(columns).map(([name, type]) => `${name}: '${type}'`);
      const files = `${folder}/${table}/*.jsonl`.replaceAll("'", "''");
      return `CREATE VIEW ${table} AS SELECT * FROM read_json('${files}', format = 'newline_delimited', columns = {${declared.join(', ')}});`;
    })
    .join('\n');

const COLUMNS = {
  person: {
    ...{ id: 'BIGINT', name: 'VARCHAR', emailAddress: 'VARCHAR', creditCard: 'VARCHAR' },
    ...{ city: 'VARCHAR', state: 'VARCHAR', dateTime: 'BIGINT', extra: 'VARCHAR' },
  },
  auction: {
    ...{ id: 'BIGINT', itemName: 'VARCHAR', description: 'VARCHAR', initialBid: 'BIGINT', reserve: 'BIGINT' },
    ...{ dateTime: 'BIGINT', expires: 'BIGINT', seller: 'BIGINT', category: 'BIGINT', extra: 'VARCHAR' },
  },
  bid: {
    ...{ auction: 'BIGINT', bidder: 'BIGINT', price: 'BIGINT', channel: 'VARCHAR' },
    ...{ url: 'VARCHAR', dateTime: 'BIGINT', extra: 'VARCHAR' },
  },
  side: { key: 'BIGINT', value: 'VARCHAR' },
} as const;
