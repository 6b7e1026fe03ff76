// `node bench/failover.mjs [kills]`: kills the runner that holds the flight job again and again, at random moments, and
// measures how long it takes until the next batch is committed on another one. Then everything is counted again.
// Writes bench/results/failover.json. Needs a build (`npm run build`).
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { aHome, Instance, kill, prepareFlights, recountFlights, root, submitFlights, until } from '@tidemark/e2e';

const kills = Number(process.argv[2] ?? 20);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const { home, remove } = await aHome();
const instance = await Instance.start(home);
const { jobs } = instance.tidemark;
try {
  await prepareFlights(instance, 1_000_000);
  const { id } = await submitFlights(instance);
  await jobs.waitFor(id, ({ lastBatch }) => (lastBatch?.batchId ?? 0) >= 3, { timeoutMs: 30_000 });
  const gaps = [];
  while (gaps.length < kills) {
    // At least one batch apart, and at any moment of the interval.
    await sleep(1_000 + Math.random() * 3_000);
    const victim = await instance.runnerOf(id);
    const before = await jobs.get(id);
    const killedAtMs = Date.now();
    kill(victim.pid, 'SIGKILL');
    const batch = await until('the next batch is committed elsewhere', 30_000, async () => {
      const { items } = await jobs.batches(id, { limit: 5 });
      return items.findLast(({ commit }) => commit !== null && commit.epoch > before.epoch);
    });
    const gapMs = Date.parse(batch.commit.committedAt) - killedAtMs;
    const events = (await jobs.events(id, { limit: 30 })).items.filter(({ at }) => Date.parse(at) >= killedAtMs);
    const at = (type) => Math.round(Date.parse(events.find((event) => event.type === type)?.at) - killedAtMs);
    const phases = {
      lost: at('run.lost'),
      scheduled: at('job.scheduled'),
      claimed: at('run.claimed'),
      restored: at('run.restored'),
    };
    const rebuilt = events.find(({ type }) => type === 'run.restored')?.data.rebuilt.length;
    gaps.push({ gapMs, ...phases, rebuilt });
    console.log(`kill ${gaps.length}: next commit after ${gapMs} ms`, JSON.stringify({ ...phases, rebuilt }));
  }
  const sorted = gaps.map(({ gapMs }) => gapMs).sort((a, b) => a - b);
  const check = await recountFlights(instance, id);
  const result = {
    name: 'failover: kill -9 of the runner to the next commit',
    batchIntervalMs: 500,
    kills,
    medianMs: sorted[Math.floor(sorted.length / 2)],
    worstMs: sorted.at(-1),
    recount: check,
    gaps,
  };
  await writeFile(join(root, 'bench/results/failover.json'), `${JSON.stringify(result, null, 2)}\n`);
  console.log(
    `median ${result.medianMs} ms, worst ${result.worstMs} ms; recount ${check.ok ? 'agrees' : 'DIFFERS'}`,
    check.checked,
  );
} finally {
  await instance.stop();
  await remove();
}
