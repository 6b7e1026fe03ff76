import { Tidemark, type Job, type Listing } from '@tidemark/sdk';
import type { Command } from 'commander';
import { findConnection } from '../connection/find-connection.js';
import { printable, UserError, type Terminal } from '../terminal.js';

/** Options that every command takes. */
export interface GlobalOptions {
  readonly apiUrl?: string;
  readonly apiKey?: string;
  readonly tenant?: string;
  readonly json?: boolean;
}

/** What a command works with: the service, and where its output goes. */
export interface Context {
  readonly terminal: Terminal;
  readonly service: Tidemark;
  /** Id or name of the tenant that was named. */
  readonly tenant: string | undefined;
  /** `value` as JSON for machines, `lines` for people. */
  show(value: unknown, lines: readonly string[]): void;
}

/** Connects a command with the service that its options name. Throws `UserError`. */
export async function contextOf(command: Command, terminal: Terminal): Promise<Context> {
  const options = command.optsWithGlobals<GlobalOptions>();
  const connection = await findConnection(options, terminal);
  const service = new Tidemark(connection);
  return { terminal, service, tenant: connection.tenant, show: shower(terminal, options) };
}

/** How a command shows what it has to show. */
export function shower(terminal: Terminal, { json = false }: GlobalOptions): Context['show'] {
  return (value, lines) => {
    if (json) terminal.out(JSON.stringify(value));
    else for (const line of lines) terminal.out(printable(line));
  };
}

/** Whether the text is the id of a job, and no name. */
export const isJobId = (text: string): boolean => /^job_[0-9a-f]{32}$/.test(text);

/** The job of this id or name. Throws `UserError` where there is none of that name. */
export async function jobNamed({ service }: Context, idOrName: string): Promise<Job> {
  if (isJobId(idOrName)) return service.jobs.get(idOrName);
  for await (const job of service.jobs.list({ limit: 100 })) if (job.name === idOrName) return job;
  throw new UserError(`There is no job named "${idOrName}".`);
}

const PAGE_MAX = 100;

/** So many of a list, over as many pages as that takes. */
export async function firstOf<Item>(
  list: (page: { readonly limit: number }) => Listing<Item>,
  count: number,
): Promise<readonly Item[]> {
  const items: Item[] = [];
  for await (const item of list({ limit: Math.min(PAGE_MAX, count) })) {
    items.push(item);
    if (items.length >= count) break;
  }
  return items;
}

/** Reads an option that is a whole number above zero. Throws `UserError`. */
export function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,11}$/.test(text)) return Number(text);
  throw new UserError(`"${text}" is not a whole number above zero.`);
}

/** Reads an option that is a whole number. Throws `UserError`. */
export const wholeNumberOrZero = (text: string): number => (text === '0' ? 0 : wholeNumber(text));

/** Reads an option that is a number. Throws `UserError`. */
export function anyNumber(text: string): number {
  if (/^\d{1,12}(\.\d{1,12})?$/.test(text)) return Number(text);
  throw new UserError(`"${text}" is not a number.`);
}
