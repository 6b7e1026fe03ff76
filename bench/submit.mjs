// `node bench/submit.mjs [jobs]`: how long it takes from submitting a job, with its bundle, to its first committed batch.
// Writes bench/results/submit.json. Needs a build (`npm run build`).
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleJob } from '@tidemark/bundler';
import { aHome, Instance, root, until } from '@tidemark/e2e';
import { median } from './lib/statistics.mjs';

const count = Number(process.argv[2] ?? 20);
const { home, remove } = await aHome();
const instance = await Instance.start(home);
const { jobs } = instance.tidemark;
try {
  const bundle = await bundleJob(join(root, 'bench/jobs/count-by-remainder.ts'));
  const samples = [];
  for (let number = 1; number <= count; number += 1) {
    const submittedAtMs = Date.now();
    const { id } = await jobs.submit({ bundle, name: `count-${number}` });
    const acceptedMs = Date.now() - submittedAtMs;
    const first = await until('the first batch is committed', 30_000, async () => {
      const { items } = await jobs.batches(id, { limit: 20 });
      return items.find(({ batchId, commit }) => batchId === 1 && commit !== null);
    });
    samples.push({ acceptedMs, committedMs: Date.parse(first.commit.committedAt) - submittedAtMs });
    await jobs.cancel(id);
    await jobs.waitFor(id, ({ status }) => status === 'cancelled', { timeoutMs: 10_000 });
    console.log(JSON.stringify(samples.at(-1)));
  }
  const result = {
    name: 'submit to first committed batch',
    jobs: count,
    acceptedMedianMs: median(samples.map(({ acceptedMs }) => acceptedMs)),
    committedMedianMs: median(samples.map(({ committedMs }) => committedMs)),
    committedWorstMs: Math.max(...samples.map(({ committedMs }) => committedMs)),
    samples,
  };
  await writeFile(join(root, 'bench/results/submit.json'), `${JSON.stringify(result, null, 2)}\n`);
  console.log(`accepted after ${result.acceptedMedianMs} ms, committed after ${result.committedMedianMs} ms (median)`);
} finally {
  await instance.stop();
  await remove();
}
