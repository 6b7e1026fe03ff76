import type { RetentionOrder } from '@tidemark/sdk';
import type { Command } from 'commander';
import { showRetention, showUsage } from '../output/show-retention.js';
import { UserError, type Terminal } from '../terminal.js';
import { contextOf, jobNamed, wholeNumber } from './context.js';

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
type Unit = keyof typeof UNIT_MS;

interface Options {
  readonly checkpoints?: number;
  readonly age?: number;
  readonly bytes?: number;
  readonly clear?: true;
}

/** `tidemark retention` and `usage`. */
export function addRetentionCommands(program: Command, terminal: Terminal): void {
  program
    .command('retention')
    .argument('<job>', 'id or name of the job')
    .description("show or change how much of a job's past is kept")
    .option('--checkpoints <count>', 'keep so many checkpoints for each timeline', wholeNumber)
    .option('--age <time>', 'keep a checkpoint for so long, for example 12h or 7d', milliseconds)
    .option('--bytes <count>', 'keep so many stored bytes', wholeNumber)
    .option('--clear', 'drop the limits of the job that are not given; otherwise they stay')
    .action(async (name: string, { clear, checkpoints, age: ageMs, bytes }: Options, command: Command) => {
      const context = await contextOf(command, terminal);
      const { jobs } = context.service;
      const { id } = await jobNamed(context, name);
      const given = withoutGaps({ checkpoints, ageMs, bytes });
      const shown = await jobs.retention(id);
      const asked = clear === true || Object.keys(given).length > 0;
      const kept = clear === true ? {} : withoutGaps(shown.own);
      const retention = asked ? await jobs.setRetention(id, { ...kept, ...given }) : shown;
      context.show(retention, showRetention(retention));
    });

  program
    .command('usage')
    .description('show what is stored of checkpoints, jobs with most bytes first')
    .action(async (_: object, command: Command) => {
      const context = await contextOf(command, terminal);
      const usage = await context.service.usage();
      context.show(usage, showUsage(usage));
    });
}

/** Reads a length of time such as `90m`. Throws `UserError`. */
function milliseconds(text: string): number {
  const [, count, unit] = /^([1-9]\d{0,8})([smhd])$/.exec(text) ?? [];
  if (count === undefined) throw new UserError(`"${text}" is not a length of time such as 30s, 90m, 12h or 7d.`);
  return Number(count) * UNIT_MS[unit as Unit];
}

type Gappy = { readonly [Limit in keyof RetentionOrder]: RetentionOrder[Limit] | null | undefined };

function withoutGaps(limits: Gappy): RetentionOrder {
  const said = Object.entries(limits).filter(([, limit]) => limit !== null && limit !== undefined);
  return Object.fromEntries(said);
}
