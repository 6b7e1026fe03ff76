import type { Command } from 'commander';
import { showEvent } from '../output/show-job.js';
import type { Terminal } from '../terminal.js';
import { contextOf, jobNamed, wholeNumber, type Context } from './context.js';

const LINES_DEFAULT = 20;
const PAGE_MAX = 100;

/** `tidemark logs`. */
export function addLogsCommand(program: Command, terminal: Terminal): void {
  program
    .command('logs')
    .argument('<job>', 'id or name of the job')
    .description('show what happened to a job, oldest first')
    .option(
      '-n, --lines <count>',
      'how many of the newest events to begin with, at most 100',
      wholeNumber,
      LINES_DEFAULT,
    )
    .option('-f, --follow', 'go on with events and batches as they happen, until Ctrl-C')
    .action(async (name: string, options: { readonly lines: number; readonly follow?: boolean }, command: Command) => {
      const context = await contextOf(command, terminal);
      const { id } = await jobNamed(context, name);
      const last = await showEvents(context, id, options.lines);
      if (options.follow === true) await followEvents(context, id, last);
    });
}

/** Shows the newest events and returns the place from which to go on. */
async function showEvents(context: Context, id: string, lines: number): Promise<string | undefined> {
  const { items } = await context.service.jobs.events(id, { limit: Math.min(PAGE_MAX, lines) });
  for (const event of items) context.show(event, [showEvent(event)]);
  return items.at(-1)?.seq;
}

async function followEvents(context: Context, id: string, after: string | undefined): Promise<void> {
  const { interrupted: signal } = context.terminal;
  const place = after === undefined ? {} : { after };
  for await (const event of context.service.jobs.watch(id, { ...place, signal })) {
    if (event.seq !== null) {
      context.show(event, [showEvent(event)]);
      continue;
    }
    const { batchId, commit } = event.data as {
      batchId: number;
      commit: { recordsIn: number; recordsOut: number } | null;
    };
    const data = { batch: batchId, in: commit?.recordsIn ?? 0, out: commit?.recordsOut ?? 0 };
    context.show(event, [showEvent({ at: event.at, type: event.type, data })]);
  }
}
