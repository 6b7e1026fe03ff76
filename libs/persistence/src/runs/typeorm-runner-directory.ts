import { RunnerDirectory, type RunnerId, type RunnerRecord } from '@tidemark/domain';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { z } from 'zod';

/** Runners that are gone are remembered for as long as somebody may ask what became of them. */
const REMEMBERED = `interval '1 hour'`;
const RUNNERS_MAX = 200;

const status = z.enum(['alive', 'lost', 'stopped']);

@Injectable()
export class TypeOrmRunnerDirectory extends RunnerDirectory {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  override async list(): Promise<readonly RunnerRecord[]> {
    const rows = await this.dataSource.query<
      {
        id: RunnerId;
        host: string;
        pid: number;
        slots: number;
        status: string;
        started_at: Date;
        heartbeat_at: Date;
        sandbox: RunnerRecord['sandbox'];
        runs: number;
      }[]
    >(
      `SELECT w.*, (SELECT count(*) FROM runs r WHERE r.runner_id = w.id AND r.status = 'claimed') AS runs
         FROM runners w WHERE w.status = 'alive' OR w.heartbeat_at > now() - ${REMEMBERED}
        ORDER BY (w.status = 'alive') DESC, w.started_at DESC LIMIT ${RUNNERS_MAX}`,
    );
    return rows.map((row) => ({
      id: row.id,
      host: row.host,
      pid: row.pid,
      slots: row.slots,
      status: status.parse(row.status),
      startedAt: row.started_at,
      heartbeatAt: row.heartbeat_at,
      sandbox: row.sandbox,
      runs: row.runs,
    }));
  }

  override async ping(): Promise<void> {
    await this.dataSource.query('SELECT 1');
  }
}
