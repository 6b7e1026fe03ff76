import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { QUEUES } from '@tidemark/queue';
import { until } from '../until.js';
import type { WatchedJob } from './watched-job.js';
import type { World } from './world.js';

const REPORT_MS_MAX = 10_000;

/** What is written down of a job that does not come on: its newest rows. */
const ROWS = {
  job: 'SELECT * FROM jobs WHERE id = $1',
  runs: 'SELECT * FROM runs WHERE job_id = $1 ORDER BY id DESC LIMIT 10',
  decisions: 'SELECT * FROM restore_decisions WHERE job_id = $1 ORDER BY id DESC LIMIT 10',
  batches: 'SELECT * FROM batches WHERE job_id = $1 ORDER BY timeline DESC, batch_id DESC LIMIT 20',
  checkpoints: 'SELECT * FROM checkpoints WHERE job_id = $1 ORDER BY id DESC LIMIT 20',
  events: 'SELECT * FROM job_events WHERE job_id = $1 ORDER BY seq DESC LIMIT 50',
  runners: 'SELECT * FROM runners WHERE $1 <> $2 ORDER BY id DESC LIMIT 10',
  outbox: 'SELECT * FROM outbox WHERE $1 <> $2 ORDER BY id',
  leader: 'SELECT * FROM scheduler_leader WHERE $1 <> $2',
  connections:
    'SELECT pid, application_name, state, wait_event_type, wait_event, query FROM pg_stat_activity WHERE $1 <> $2',
} as const;

/** Writes down the rows of a job, and what is in the queue. Answers with the folder. */
export async function dumpJob({ cluster, witness }: World, { id, name }: WatchedJob): Promise<string> {
  const folder = join(cluster.home, `stuck-${name}`);
  await mkdir(folder, { recursive: true });
  for (const [what, query] of Object.entries(ROWS)) {
    const rows = await witness.rows(query, query.includes('$2') ? [id, ''] : [id]);
    await writeFile(join(folder, `${what}.json`), JSON.stringify(rows, undefined, 2));
  }
  const queues = ['wait', 'active', 'paused'].map((state) => `LRANGE ${QUEUES.runs.keyPrefix}:${state} 0 -1`);
  await writeFile(join(folder, 'queue.txt'), await cluster.servers.redis.say('KEYS *', ...queues).catch(String));
  return folder;
}

/** Has runners and schedulers write down their stacks. */
export async function dumpStacks({ cluster }: World): Promise<void> {
  const written = async (): Promise<number> => (await readdir(cluster.stacks)).length;
  const processes = [...cluster.runners, ...cluster.schedulers].filter(({ pid }) => pid !== undefined);
  const before = await written();
  for (const process of processes) process.report();
  await until('the processes have written down their stacks', REPORT_MS_MAX, async () =>
    (await written()) >= before + processes.length ? true : undefined,
  ).catch(() => undefined);
}
