import type { OffsetEdit } from '@tidemark/sdk';
import type { Command } from 'commander';
import { showNextStart, showOffsetEdit, showOffsets } from '../output/show-offsets.js';
import { UserError, type Terminal } from '../terminal.js';
import { contextOf, jobNamed, wholeNumber } from './context.js';
import { FROM_OPTION, FROM_SAYS, startFrom } from './start-from.js';

interface EditFlags {
  readonly dryRun?: boolean;
  readonly emptyState?: boolean;
}

type Wanted = { readonly [source: string]: { readonly [partition: string]: number } };

/** `tidemark offsets get`, `set` and `reset`, and `tidemark next-start`. */
export function addOffsetCommands(program: Command, terminal: Terminal): void {
  const offsets = program.command('offsets').description('see and change where a job goes on in its sources');
  addGet(offsets, terminal);
  addSet(offsets, terminal);
  addReset(offsets, terminal);

  program
    .command('next-start')
    .argument('<job>', 'id or name of the job')
    .description('show from what the next start would begin, and why; nothing is started')
    .option('--revision <number>', "of this revision; otherwise the job's current one", wholeNumber)
    .option(FROM_OPTION, FROM_SAYS)
    .action(async (name: string, options: { readonly revision?: number; readonly from?: string }, command: Command) => {
      const context = await contextOf(command, terminal);
      const { id } = await jobNamed(context, name);
      const from = options.from === undefined ? {} : startFrom(options.from);
      const revision = options.revision === undefined ? {} : { revision: options.revision };
      const next = await context.service.jobs.nextStart(id, { ...from, ...revision });
      context.show(next, showNextStart(next));
    });
}

function addGet(offsets: Command, terminal: Terminal): void {
  offsets
    .command('get')
    .argument('<job>', 'id or name of the job')
    .description('show the committed offsets beside what the sources hold')
    .option('--checkpoint <id>', 'those of this checkpoint')
    .action(async (name: string, { checkpoint }: { readonly checkpoint?: string }, command: Command) => {
      const context = await contextOf(command, terminal);
      const { id } = await jobNamed(context, name);
      const of = checkpoint === undefined ? {} : { checkpointId: checkpoint };
      const found = await context.service.jobs.offsets(id, of);
      context.show(found, showOffsets(found));
    });
}

function addSet(offsets: Command, terminal: Terminal): void {
  withEditFlags(
    offsets
      .command('set')
      .argument('<job>', 'id or name of a job at rest')
      .argument('<source/partition=offset...>', 'for example flights/2001.jsonl=1024')
      .description('set where a job goes on; what is not named stays as it is'),
  ).action(async (name: string, places: readonly string[], flags: EditFlags, command: Command) => {
    const context = await contextOf(command, terminal);
    const wanted = wantedIn(places);
    const { id } = await jobNamed(context, name);
    show(context, await context.service.jobs.setOffsets(id, wanted, editOptions(flags)));
  });
}

function addReset(offsets: Command, terminal: Terminal): void {
  withEditFlags(
    offsets
      .command('reset')
      .argument('<job>', 'id or name of a job at rest')
      .description('forget where a job is, so that it begins at the start of its sources')
      .option('--source <uid>', 'only of this source')
      .option('--partition <name>', 'only this partition of the source'),
  ).action(
    async (
      name: string,
      { source, partition, ...flags }: EditFlags & { readonly source?: string; readonly partition?: string },
      command: Command,
    ) => {
      const context = await contextOf(command, terminal);
      const { id } = await jobNamed(context, name);
      show(context, await context.service.jobs.resetOffsets(id, { source, partition, ...editOptions(flags) }));
    },
  );
}

function withEditFlags(command: Command): Command {
  return command
    .option('--dry-run', 'show what would change, and change nothing')
    .option('--empty-state', 'begin with no state; otherwise it is kept, for which the job must have stopped cleanly');
}

const editOptions = ({ dryRun, emptyState }: EditFlags) => ({
  ...(dryRun === true ? { dryRun } : {}),
  ...(emptyState === true ? ({ state: 'empty' } as const) : {}),
});

function show(context: Awaited<ReturnType<typeof contextOf>>, edit: OffsetEdit): void {
  context.show(edit, showOffsetEdit(edit));
}

function wantedIn(places: readonly string[]): Wanted {
  const sources = new Map<string, { readonly [partition: string]: number }>();
  for (const place of places) {
    const [, source = '', partition = '', offset = ''] = /^([^/]+)\/(.+)=(-?[0-9.]+)$/.exec(place) ?? [];
    if (source === '') throw new UserError(`"${place}" is not of the form <source>/<partition>=<offset>.`);
    sources.set(source, { ...sources.get(source), [partition]: Number(offset) });
  }
  return Object.fromEntries(sources);
}
