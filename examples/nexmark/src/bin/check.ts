import { parseArgs } from 'node:util';
import { compare } from '../compare.js';
import { answer } from '../duckdb/answers.js';
import { COVERED_QUERIES } from '../queries.js';
import { writtenRows } from '../written-rows.js';

const { values } = parseArgs({
  options: {
    query: { type: 'string' },
    events: { type: 'string' },
    rows: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const query = COVERED_QUERIES.find((id) => id === values.query);
if (query === undefined || values.events === undefined || values.rows === undefined) {
  console.error('Usage: check --query <q0 to q22> --events <directory> --rows <directory of the sink> [--json]');
  process.exit(1);
}
const result = compare(query, await writtenRows(values.rows), await answer(query, values.events));
if (values.json) {
  console.log(JSON.stringify(result));
} else {
  for (const row of result.missing) console.log(`  missing    ${JSON.stringify(row)}`);
  for (const row of result.unexpected) console.log(`  unexpected ${JSON.stringify(row)}`);
  console.log(
    `${query}: ${result.rows} rows, ${result.equal ? 'the answer of DuckDB' : 'which is NOT what DuckDB answers'}.`,
  );
}
process.exit(result.equal ? 0 : 1);
