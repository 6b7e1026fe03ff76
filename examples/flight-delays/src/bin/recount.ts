import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { recount } from '../recount.js';

const { values } = parseArgs({
  options: {
    instance: { type: 'string' },
    files: { type: 'string' },
    job: { type: 'string' },
    input: { type: 'string', default: 'flights' },
    output: { type: 'string', default: 'flight-delays' },
    json: { type: 'boolean', default: false },
  },
});
const { instance, files: filesDir, job: jobId, input, output } = values;
if (instance === undefined || filesDir === undefined || jobId === undefined) {
  console.error(
    'Usage: recount --instance <instance.json> --files <directory> --job <id> [--input <name>] [--output <name>]',
  );
  process.exit(1);
}
const { apiUrl, tenantKey: key } = JSON.parse(await readFile(instance, 'utf8')) as {
  apiUrl: string;
  tenantKey: string;
};
const result = await recount({ apiUrl, key, jobId, filesDir, input, output });
if (values.json) {
  console.log(JSON.stringify(result));
} else {
  const { batches, flights, airports, windows, rows } = result.checked;
  console.log(`${batches} batches, ${flights} flights, ${airports} airports, ${windows} windows, ${rows} output rows.`);
  for (const difference of result.differences) console.log(`  ${difference}`);
  console.log(result.ok ? 'Everything agrees: nothing is missing, nothing is there twice.' : 'The recount differs.');
}
process.exit(result.ok ? 0 : 1);
