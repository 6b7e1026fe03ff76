import { postgresTest } from '@tidemark/testing';
import type { DataSource } from 'typeorm';
import { describe, expect } from 'vitest';
import { aClaimedRun, aSubmittedJob, aTenant } from '../testing.js';

const numbered = (kind: string, number: number): string => `${kind}_${String(number).padStart(4, '0')}`;

/** Runs that are older than the job's own one, each with its decision and its runner, which is gone. */
async function someRuns(
  database: DataSource,
  { tenant_id: tenantId, id: jobId }: { readonly tenant_id: string; readonly id: string },
  { count, runnersSeen }: { readonly count: number; readonly runnersSeen: string },
): Promise<void> {
  for (let number = 1; number <= count; number += 1) {
    const [run, runner] = [numbered('run', number), numbered('rnr', number)];
    await database.query(
      `INSERT INTO runners (id, host, pid, slots, status, sandbox, heartbeat_at)
       VALUES ($1, 'host', 1, 1, 'lost', '{}', now() - $2::interval)`,
      [runner, runnersSeen],
    );
    await database.query(
      `INSERT INTO runs (id, tenant_id, job_id, revision, status, runner_id) VALUES ($1, $2, $3, 1, 'lost', $4)`,
      [run, tenantId, jobId, runner],
    );
    await database.query(
      `INSERT INTO restore_decisions (id, tenant_id, job_id, run_id, trigger, policy, candidates, verdict, actor)
       VALUES ($1, $2, $3, $4, 'runner_lost', 'fail', '[]', '{}', 'scheduler')`,
      [numbered('dec', number), tenantId, jobId, run],
    );
  }
}

async function left(database: DataSource): Promise<{ runs: string[]; decisions: string[]; runners: string[] }> {
  const ids = async (table: string): Promise<string[]> =>
    (await database.query<{ id: string }[]>(`SELECT id FROM ${table} ORDER BY id`)).map(({ id }) => id);
  return { runs: await ids('runs'), decisions: await ids('restore_decisions'), runners: await ids('runners') };
}

async function theJob(database: DataSource): Promise<{ id: string; tenant_id: string; current_run_id: string }> {
  const [job] = await database.query<{ id: string; tenant_id: string; current_run_id: string }[]>('SELECT * FROM jobs');
  if (job === undefined) throw new Error('there is no job');
  return job;
}

describe('R31: runs of a job that was started again and again', () => {
  postgresTest('go with their decisions beyond the newest, and runners that have none left', async ({ dataSource }) => {
    await aSubmittedJob(dataSource, await aTenant(dataSource));
    const { scheduling } = await aClaimedRun(dataSource);
    const before = await left(dataSource);
    await someRuns(dataSource, await theJob(dataSource), { count: 5, runnersSeen: '2 days' });

    await scheduling.pruneRuns(3);

    const after = await left(dataSource);
    expect(after.runs).toEqual(['run_0004', 'run_0005', ...before.runs]);
    expect(after.decisions).toEqual(['dec_0004', 'dec_0005', ...before.decisions]);
    expect(after.runners).toEqual(['rnr_0004', 'rnr_0005', ...before.runners]);
  });

  postgresTest('stay where one is the run that the job has now, however old it is', async ({ dataSource }) => {
    await aSubmittedJob(dataSource, await aTenant(dataSource));
    const { scheduling } = await aClaimedRun(dataSource);
    const job = await theJob(dataSource);
    await someRuns(dataSource, job, { count: 2, runnersSeen: '1 hour' });
    await dataSource.query(`UPDATE jobs SET current_run_id = $1`, [numbered('run', 1)]);

    await scheduling.pruneRuns(0);

    expect((await left(dataSource)).runs).toContain(numbered('run', 1));
    expect((await left(dataSource)).runners).toEqual(expect.arrayContaining([numbered('rnr', 2)]));
  });
});
