import type { Job, RevisionOrder, UpgradeDecision } from '@tidemark/sdk';
import type { Command } from 'commander';
import { resolve } from 'node:path';
import { showPlan } from '../output/show-plan.js';
import { ExitWith, UserError, type Terminal } from '../terminal.js';
import { contextOf, jobNamed, type Context } from './context.js';
import {
  bundleIn,
  configIn,
  isFinished,
  showSubmitted,
  withRevisionOptions,
  withWaitOption,
  type RevisionOptions,
  type WaitOption,
} from './revision.js';
import { upgradeIn, withUpgradeOptions, type UpgradeFlags } from './upgrade-options.js';

interface PlanOptions extends RevisionOptions, UpgradeFlags {
  readonly deep?: true | 'all';
}

interface DeployOptions extends RevisionOptions, WaitOption, UpgradeFlags {
  readonly plan?: string;
}

/** `tidemark plan`, `deploy` and `decide`. */
export function addUpgradeCommands(program: Command, terminal: Terminal): void {
  addPlanCommand(revised(program, 'plan'), terminal);
  addDeployCommand(withWaitOption(revised(program, 'deploy')), terminal);

  program
    .command('decide')
    .argument('<job>', 'id or name of the job')
    .argument('<answer>', 'reset: what does not fit starts empty; abandon: the revision is given up')
    .description('decide what becomes of a revision that waits')
    .action(async (name: string, answer: string, _: object, command: Command) => {
      const context = await contextOf(command, terminal);
      const { id } = await jobNamed(context, name);
      const job = await context.service.jobs.decideUpgrade(id, answer as UpgradeDecision['answer']);
      context.show(job, [`${job.name} is at revision ${job.revision}`]);
    });
}

const revised = (program: Command, name: string): Command =>
  withUpgradeOptions(withRevisionOptions(program.command(name).argument('<job>', 'id or name of the job')));

function addPlanCommand(command: Command, terminal: Terminal): void {
  command
    .argument('<file>', 'as for "submit"')
    .description('say what an upgrade would do, while the job goes on')
    .option('--deep [all]', 'also convert a sample of the real state, or all of it, and throw it away', depth)
    .action(async (name: string, file: string, options: PlanOptions, self: Command) => {
      const context = await contextOf(self, terminal);
      const { id, name: jobName } = await jobNamed(context, name);
      const bundle = await bundleIn(resolve(terminal.cwd, file), options);
      const { deep = false } = options;
      const order = { bundle, config: configIn(options), ...upgradeIn(options), deep };
      const plan = await context.service.jobs.planUpgrade(id, order);
      context.show(plan, showPlan(plan, jobName));
    });
}

/** The word after `--deep`. Throws `UserError`. */
function depth(text: string): 'all' {
  if (text === 'all') return text;
  throw new UserError(`"${text}" does not go with --deep: write --deep all, or --deep at the end.`);
}

function addDeployCommand(command: Command, terminal: Terminal): void {
  command
    .argument('[file]', 'as for "submit"; none with a plan')
    .description('give a job its next revision; a running job hands over with a checkpoint')
    .addHelpText('after', '\nEnds with 3 when the revision waits for a decision, and the old one goes on.')
    .option('--plan <id>', 'deploy what this plan says, if it would come out the same now')
    .action(async (name: string, file: string | undefined, options: DeployOptions, self: Command) => {
      const context = await contextOf(self, terminal);
      const { id, lastBatch: before, timeline } = await jobNamed(context, name);
      const job = await context.service.jobs.deploy(id, await orderIn(terminal, file, options));
      if (job.upgrade !== null) {
        showWaiting(context, job, job.upgrade);
        throw new ExitWith(3);
      }
      const isNew = (last: Job['lastBatch']): boolean =>
        last !== null && (last.timeline > timeline || last.batchId > (before?.batchId ?? 0));
      await showSubmitted(
        context,
        job,
        options,
        (seen) => (seen.status === 'running' && isNew(seen.lastBatch)) || isFinished(seen.status),
      );
    });
}

function showWaiting(context: Context, job: Job, { revision, objections }: NonNullable<Job['upgrade']>): void {
  context.show(job, [
    `Revision ${revision} waits for a decision; revision ${job.revision} goes on.`,
    ...objections.map((sentence) => `! ${sentence}`),
    `Answer with: tidemark decide ${job.name} reset, or: tidemark decide ${job.name} abandon`,
  ]);
}

async function orderIn(terminal: Terminal, file: string | undefined, options: DeployOptions): Promise<RevisionOrder> {
  const { plan } = options;
  if (plan !== undefined) {
    // They would say something else than what was planned, and not be heard.
    const isAllSaid = file === undefined && Object.keys(options).every((name) => name === 'plan' || name === 'wait');
    if (isAllSaid) return { plan };
    throw new UserError('The plan says what is deployed: leave out the file, and every option but --plan and --wait.');
  }
  if (file === undefined) throw new UserError('Give a file, or a plan with --plan.');
  const bundle = await bundleIn(resolve(terminal.cwd, file), options);
  return { bundle, config: configIn(options), ...upgradeIn(options) };
}
