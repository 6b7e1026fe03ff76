// `npm run nexmark -- [--events 200000] [--queries q0,q5]`: runs the jobs of examples/nexmark on a whole service, one
// after the other, kills the runner of each with SIGKILL half way, and holds the rows against DuckDB. Writes
// bench/results/nexmark.json if all queries ran. Needs a build (`npm run build`).
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { aHome, checkNexmark, closeNexmark, Instance, prepareNexmark, root, runNexmark } from '@tidemark/e2e';
import { keepsTime } from '../examples/nexmark/dist/jobs/index.js';
import { COVERED_QUERIES } from '../examples/nexmark/dist/queries.js';

const { values } = parseArgs({
  options: { events: { type: 'string', default: '200000' }, queries: { type: 'string' } },
});
const events = Number(values.events);
const chosen = values.queries?.split(',') ?? COVERED_QUERIES;
const unknown = chosen.filter((id) => !COVERED_QUERIES.includes(id));
if (!Number.isSafeInteger(events) || events <= 0 || unknown.length > 0) {
  console.error(`Usage: npm run nexmark -- [--events <number>] [--queries ${COVERED_QUERIES.join(',')}]`);
  process.exit(1);
}

/** Records for a second, between the commits of one run: without what the kill cost. */
function speedOf(batches) {
  let [records, ms] = [0, 0];
  for (const [index, { commit }] of batches.entries()) {
    const before = batches[index - 1]?.commit;
    if (before === undefined || before.epoch !== commit.epoch) continue;
    records += commit.recordsIn;
    ms += Date.parse(commit.committedAt) - Date.parse(before.committedAt);
  }
  return ms === 0 ? undefined : Math.round((records * 1_000) / ms);
}

const { home, remove } = await aHome();
const instance = await Instance.start(home);
const results = [];
try {
  await prepareNexmark(instance, events);
  // Those that keep no time come first: they must not see the events that close what the others keep open.
  for (const timed of [false, true]) {
    const queries = chosen.filter((id) => keepsTime(id) === timed);
    if (timed && queries.length > 0) await closeNexmark(instance);
    for (const query of queries) {
      const { wasKilled, batches } = await runNexmark(instance, query);
      const { equal, rows, missing, unexpected } = await checkNexmark(instance, query);
      const result = { query, eventsPerSecond: speedOf(batches), batches: batches.length, wasKilled, rows, equal };
      results.push(result);
      console.log(JSON.stringify(result));
      if (!equal) console.log({ missing, unexpected });
    }
  }
  console.table(results);
  if (chosen === COVERED_QUERIES) {
    const result = { name: 'Nexmark: every query on a whole service, killed half way', events, results };
    await writeFile(join(root, 'bench/results/nexmark.json'), `${JSON.stringify(result, null, 2)}\n`);
  }
} finally {
  await instance.stop();
  await remove();
}
process.exitCode = results.every(({ equal, wasKilled }) => equal && wasKilled) ? 0 : 1;
