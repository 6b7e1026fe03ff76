import type { Job, JobStatus } from '@tidemark/sdk';
import type { Command } from 'commander';
import type { Terminal } from '../terminal.js';
import { contextOf, jobNamed, wholeNumber, type Context } from './context.js';
import { FROM_OPTION, FROM_SAYS, startFrom } from './start-from.js';

const WAIT_SECONDS_DEFAULT = 60;

type Order = 'start' | 'stop' | 'cancel';

const ORDERS = {
  start: {
    says: 'start a job that is stopped, finished, failed or waiting for a decision',
    reached: ['running', 'finished'],
  },
  stop: { says: 'stop a job with a checkpoint', reached: ['stopped', 'finished', 'failed', 'cancelled'] },
  cancel: { says: 'end a job for good', reached: ['cancelled'] },
} as const satisfies Record<Order, { readonly says: string; readonly reached: readonly JobStatus[] }>;

/** `tidemark start`, `stop`, `cancel` and `delete`. */
export function addControlCommands(program: Command, terminal: Terminal): void {
  for (const order of Object.keys(ORDERS) as Order[]) {
    const command = program
      .command(order)
      .argument('<job>', 'id or name of the job')
      .description(ORDERS[order].says)
      .option('--wait [seconds]', `wait until it is so, ${WAIT_SECONDS_DEFAULT} s at most by default`, wholeNumber);
    if (order === 'start') command.option(FROM_OPTION, `for this start alone: ${FROM_SAYS}`);
    command.action(
      async (name: string, { wait, from }: { readonly wait?: number | true; readonly from?: string }, of: Command) => {
        const context = await contextOf(of, terminal);
        const start = from === undefined ? {} : startFrom(from);
        const { id } = await jobNamed(context, name);
        const ordered = await context.service.jobs[order](id, start);
        const job =
          wait === undefined ? ordered : await reached(context, id, order, wait === true ? WAIT_SECONDS_DEFAULT : wait);
        context.show(job, [`${job.name} is ${job.status}, wanted ${job.desired}`]);
      },
    );
  }

  program
    .command('delete')
    .argument('<job>', 'id or name of the job')
    .description('delete a job that no runner owns, with its history')
    .action(async (name: string, _: object, command: Command) => {
      const context = await contextOf(command, terminal);
      const { id } = await jobNamed(context, name);
      await context.service.jobs.delete(id);
      context.show({ id }, [`deleted ${id}`]);
    });
}

async function reached({ service, terminal }: Context, id: string, order: Order, seconds: number): Promise<Job> {
  const statuses: readonly JobStatus[] = ORDERS[order].reached;
  const { interrupted: signal } = terminal;
  return service.jobs.waitFor(id, ({ status }) => statuses.includes(status), { timeoutMs: seconds * 1_000, signal });
}
