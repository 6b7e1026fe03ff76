import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RunnerDirectory, type Caller, type RunnerRecord } from '@tidemark/domain';
import { By } from '../tenancy/caller.js';
import { Operation } from '../transport/operation.js';
import { pageClass, type PageAnswer } from '../transport/paging.js';
import { Shown, shownType } from '../transport/shown.js';

class RunnerAnswer {
  @Shown('Id of the runner; a process that is started again has a new one.', 'string')
  readonly id!: string;

  @Shown('Whether it holds its lease.', ['alive', 'lost', 'stopped'])
  readonly status!: RunnerRecord['status'];

  @Shown('Jobs that it takes at the same time.', 'integer')
  readonly slots!: number;

  @Shown('Jobs that it owns now.', 'integer')
  readonly runs!: number;

  @Shown('When it started.', 'time')
  readonly startedAt!: string;

  @Shown('When it was heard of last.', 'time')
  readonly heartbeatAt!: string;

  @Shown('Its host; only for an admin key.', 'string', { nullable: true })
  readonly host!: string | null;

  @Shown('Its process id; only for an admin key.', 'integer', { nullable: true })
  readonly pid!: number | null;

  @Shown('What its sandbox found in its self-test; only for an admin key.', 'json', { nullable: true })
  readonly sandbox!: { readonly [name: string]: unknown } | null;
}
shownType('Runner', RunnerAnswer);
const RunnerPage = pageClass(RunnerAnswer, 'RunnerPage');

@ApiTags('runners')
@Controller('v1/runners')
export class RunnersController {
  constructor(private readonly directory: RunnerDirectory) {}

  @Get()
  @Operation({ id: 'listRunners', summary: 'Lists all runners, on one page', needs: 'any_key', answer: RunnerPage })
  async list(@By() caller: Caller): Promise<PageAnswer<RunnerAnswer>> {
    const runners = await this.directory.list();
    return { items: runners.map((runner) => showRunner(runner, caller)), next: null };
  }
}

/** Runners are shared by all tenants: what tells of the machine is for those who run it. */
function showRunner(runner: RunnerRecord, caller: Caller): RunnerAnswer {
  const { id, status, slots, runs, startedAt, heartbeatAt } = runner;
  const { host, pid, sandbox } = caller.role === 'admin' ? runner : { host: null, pid: null, sandbox: null };
  return {
    id,
    status,
    slots,
    runs,
    startedAt: startedAt.toISOString(),
    heartbeatAt: heartbeatAt.toISOString(),
    host,
    pid,
    sandbox,
  };
}
