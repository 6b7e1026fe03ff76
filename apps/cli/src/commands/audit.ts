import type { Command } from 'commander';
import { showAuditEvents } from '../output/show-audit.js';
import type { Terminal } from '../terminal.js';
import { contextOf, firstOf, isJobId, jobNamed, wholeNumber, type Context } from './context.js';

const LIMIT_DEFAULT = 20;

interface Options {
  readonly job?: string;
  readonly actor?: string;
  readonly operation?: string;
  readonly limit: number;
}

/** `tidemark audit`. */
export function addAuditCommand(program: Command, terminal: Terminal): void {
  program
    .command('audit')
    .description(
      "list who asked what of the service, newest first; with an admin's key and no --tenant, for all tenants",
    )
    .option('--job <job>', 'only what was done to this job, by id or name, or made it; a deleted one by its id')
    .option('--actor <key>', 'only what was done with this key, by id or label')
    .option('--operation <name>', 'only this operation, for example deleteJob')
    .option('--limit <count>', 'how many', wholeNumber, LIMIT_DEFAULT)
    .action(async ({ job, limit, ...rest }: Options, command: Command) => {
      const context = await contextOf(command, terminal);
      const ofJob = job === undefined ? {} : { job: await jobIdOf(context, job) };
      const events = await firstOf((page) => context.service.auditEvents.list({ ...rest, ...ofJob, ...page }), limit);
      context.show(events, showAuditEvents(events));
    });
}

/** An id is taken as it is: the trail outlives the job. */
async function jobIdOf(context: Context, idOrName: string): Promise<string> {
  return isJobId(idOrName) ? idOrName : (await jobNamed(context, idOrName)).id;
}
