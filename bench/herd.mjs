// `node bench/herd.mjs [--jobs <n>] [--times <n>]`: kills every runner of many small jobs at one moment, and measures how long
// it takes until all of them run again, how often each was started, how the starts spread, and how many connections Postgres
// had to bear. Ends with 1 if one of them is over its bar. Writes bench/results/herd.json. Needs a build (`npm run build`).
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { aHome, Instance, root, stampede, submitHerd } from '@tidemark/e2e';

const RUNNERS = 2;
const POOL = 10;
const BARS = { runningMs: 60_000, startsMax: 2, busiestSecond: 0.2, runnerConnections: RUNNERS * POOL };

const { values } = parseArgs({
  options: { jobs: { type: 'string', default: '200' }, times: { type: 'string', default: '3' } },
});
const [jobs, times] = [Number(values.jobs), Number(values.times)];

const { home, remove } = await aHome();
// Room for all of them on one runner: the other may come back later.
const instance = await Instance.start(home, {
  TIDEMARK_RUNNER_SLOTS: String(jobs),
  TIDEMARK_DATABASE_POOL: String(POOL),
});
try {
  const ids = await submitHerd(instance, jobs);
  const stampedes = [];
  for (let time = 1; time <= times; time += 1) {
    const seen = await stampede(instance, ids);
    console.log(`${time}: ${JSON.stringify(seen)}`);
    stampedes.push(seen);
  }
  const worst = (figure) => Math.max(...stampedes.map(figure));
  const summary = {
    runningMs: worst(({ runningMs }) => runningMs),
    startsMax: worst(({ startsMax }) => startsMax),
    busiestSecond: worst(({ busiestSecond }) => busiestSecond),
    runnerConnections: worst(({ connections }) => connections['tidemark-runner']),
  };
  const over = Object.keys(BARS).filter((name) => summary[name] > BARS[name]);
  const result = { name: 'herd', at: new Date().toISOString(), jobs, times, bars: BARS, ...summary, stampedes };
  await writeFile(join(root, 'bench/results/herd.json'), `${JSON.stringify(result, null, 2)}\n`);
  console.log(`${JSON.stringify(summary)}; over its bar: ${over.length === 0 ? 'none' : over.join(', ')}`);
  if (over.length > 0) process.exitCode = 1;
} finally {
  await instance.stop();
  await remove();
}
