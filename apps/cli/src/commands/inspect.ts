import type { Job, JobStatus } from '@tidemark/sdk';
import type { Command } from 'commander';
import { showCheckpoints } from '../output/show-checkpoints.js';
import { showBatches, showJob, showJobs } from '../output/show-job.js';
import type { Terminal } from '../terminal.js';
import { contextOf, jobNamed, wholeNumber } from './context.js';
import { undoneRevision } from './undone-revision.js';

const LINES_DEFAULT = 20;
const PAGE_MAX = 100;

/** `tidemark list`, `status`, `batches` and `checkpoints`. */
export function addInspectCommands(program: Command, terminal: Terminal): void {
  program
    .command('list')
    .description('list jobs, newest first')
    .option('--status <status>', 'only jobs in this status')
    .action(async (options: { readonly status?: JobStatus }, command: Command) => {
      const context = await contextOf(command, terminal);
      const page = { limit: PAGE_MAX, ...options };
      const jobs: Job[] = [];
      for await (const job of context.service.jobs.list(page)) jobs.push(job);
      context.show(jobs, showJobs(jobs));
    });

  program
    .command('status')
    .argument('<job>', 'id or name of the job')
    .description('show a job')
    .action(async (name: string, _: object, command: Command) => {
      const context = await contextOf(command, terminal);
      const job = await jobNamed(context, name);
      context.show(job, showJob(job, await undoneRevision(context, job)));
    });

  program
    .command('batches')
    .argument('<job>', 'id or name of the job')
    .description('list the batches of a job, newest first')
    .option('-n, --lines <count>', 'how many, at most 100', wholeNumber, LINES_DEFAULT)
    .option('--timeline <number>', "by default the job's current one", wholeNumber)
    .action(async (name: string, options: { readonly lines: number; readonly timeline?: number }, command: Command) => {
      const context = await contextOf(command, terminal);
      const { id } = await jobNamed(context, name);
      const timeline = options.timeline === undefined ? {} : { timeline: options.timeline };
      const { items } = await context.service.jobs.batches(id, {
        limit: Math.min(PAGE_MAX, options.lines),
        ...timeline,
      });
      context.show(items, showBatches(items));
    });

  addCheckpointsCommand(program.command('checkpoints'), terminal);
}

function addCheckpointsCommand(command: Command, terminal: Terminal): void {
  command
    .argument('<job>', 'id or name of the job')
    .description('list the checkpoints of a job, newest first')
    .option('-n, --lines <count>', 'how many, at most 100', wholeNumber, LINES_DEFAULT)
    .option('--revision <number>', 'also say whether each fits this revision of the job, and why not', wholeNumber)
    .action(async (name: string, options: { readonly lines: number; readonly revision?: number }, self: Command) => {
      const context = await contextOf(self, terminal);
      const { id } = await jobNamed(context, name);
      const revision = options.revision === undefined ? {} : { revision: options.revision };
      const page = { limit: Math.min(PAGE_MAX, options.lines), ...revision };
      const { items } = await context.service.jobs.checkpoints(id, page);
      context.show(items, showCheckpoints(items));
    });
}
