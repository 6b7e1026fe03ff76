import type { DeadLetter, DeadLetterChoice, DeadLettersOrdered } from '@tidemark/sdk';
import type { Command } from 'commander';
import { showLetter, showLetters, showOrdered } from '../output/show-dead-letters.js';
import { UserError, type Terminal } from '../terminal.js';
import { contextOf, firstOf, jobNamed, wholeNumber, type Context } from './context.js';

const LIMIT_DEFAULT = 20;

interface ListFlags {
  readonly source?: string;
  readonly code?: string;
  readonly status?: DeadLetter['status'];
  readonly limit: number;
}

interface OrderFlags {
  readonly all?: boolean;
  readonly source?: string;
  readonly code?: string;
}

/** `tidemark dead-letters`. */
export function addDeadLetterCommands(program: Command, terminal: Terminal): void {
  const letters = program
    .command('dead-letters')
    .description('records that a job could not take, set aside with their error and their bytes');
  addList(letters, terminal);
  addShow(letters, terminal);
  addOrder(letters, terminal, {
    name: 'redrive',
    description: "have the job's next batches read records again, each exactly once; mend the code first",
    done: 'to be re-driven',
    order: ({ service }, id, choice) => service.deadLetters.redrive(id, choice),
  });
  addOrder(letters, terminal, {
    name: 'discard',
    description: 'settle letters that wait without reading their records again',
    done: 'discarded',
    order: ({ service }, id, choice) => service.deadLetters.discard(id, choice),
  });
}

function addList(letters: Command, terminal: Terminal): void {
  letters
    .command('list')
    .argument('<job>', 'id or name of the job')
    .description('list the dead letters of a job, newest first')
    .option('--source <uid>', 'only of this source')
    .option('--code <code>', 'only for this error, for example record_unreadable')
    .option('--status <status>', 'only those waiting, redriving, redriven, discarded or left_behind')
    .option('--limit <count>', 'how many', wholeNumber, LIMIT_DEFAULT)
    .action(async (name: string, { limit, ...filter }: ListFlags, command: Command) => {
      const context = await contextOf(command, terminal);
      const { id } = await jobNamed(context, name);
      const items = await firstOf((page) => context.service.deadLetters.list(id, { ...filter, ...page }), limit);
      context.show({ items }, showLetters(items));
    });
}

function addShow(letters: Command, terminal: Terminal): void {
  letters
    .command('show')
    .argument('<job>', 'id or name of the job')
    .argument('<letter>', 'id of the dead letter')
    .description('show a dead letter with its record')
    .action(async (name: string, letterId: string, _: object, command: Command) => {
      const context = await contextOf(command, terminal);
      const { id } = await jobNamed(context, name);
      const letter = await context.service.deadLetters.get(id, letterId);
      context.show(letter, showLetter(letter));
    });
}

function addOrder(
  letters: Command,
  terminal: Terminal,
  order: {
    readonly name: string;
    readonly description: string;
    readonly done: string;
    readonly order: (context: Context, jobId: string, choice: DeadLetterChoice) => Promise<DeadLettersOrdered>;
  },
): void {
  letters
    .command(order.name)
    .argument('<job>', 'id or name of the job')
    .argument('[letters...]', 'ids of dead letters')
    .description(order.description)
    .option('--all', 'all that wait, instead')
    .option('--source <uid>', 'with --all: only of this source')
    .option('--code <code>', 'with --all: only for this error')
    .action(async (name: string, ids: readonly string[], flags: OrderFlags, command: Command) => {
      const choice = choiceIn(ids, flags);
      const context = await contextOf(command, terminal);
      const { id } = await jobNamed(context, name);
      const answer = await order.order(context, id, choice);
      context.show(answer, showOrdered(answer, order.done));
    });
}

function choiceIn(letters: readonly string[], { all = false, ...filter }: OrderFlags): DeadLetterChoice {
  if (all === letters.length > 0) throw new UserError('Give ids of dead letters, or --all.');
  if (all) return { all: filter };
  if (Object.keys(filter).length > 0) throw new UserError('--source and --code go with --all.');
  return { letters };
}
