import type { StateDifference, StateRow } from '@tidemark/sdk';
import type { Command } from 'commander';
import { showCounts, showDifferences, showState } from '../output/show-state.js';
import { UserError, type Terminal } from '../terminal.js';
import { contextOf, jobNamed, wholeNumber, type Context } from './context.js';

const LIMIT_DEFAULT = 20;
const PAGE_MAX = 1_000;

interface StateOptions {
  readonly checkpoint?: string;
  readonly table?: string;
}

interface ListOptions extends StateOptions {
  readonly limit: number;
}

/** `tidemark state get`, `state list` and `state diff`. */
export function addStateCommands(program: Command, terminal: Terminal): void {
  const state = program.command('state').description("look at the state that lies in a job's checkpoints");
  addGet(state, terminal);
  addList(state, terminal);
  addDiff(state, terminal);
}

function addGet(state: Command, terminal: Terminal): void {
  withPlace(state.command('get'))
    .argument('<key>', `a text, or a string, number or boolean as JSON: 42 is the number and the text, '"42"' the text`)
    .description('show the state of one key, in every table that has it')
    .action(async (name: string, operator: string, text: string, options: StateOptions, command: Command) => {
      const context = await contextOf(command, terminal);
      const { jobId, checkpointId } = await placeOf(context, name, options);
      const items = await context.service.state.find(jobId, checkpointId, { operator, text, ...tableIn(options) });
      context.show({ checkpointId, items }, showState(items, { isWhole: true }));
    });
}

function addList(state: Command, terminal: Terminal): void {
  withPlace(state.command('list'))
    .option('-n, --limit <count>', 'how many rows', wholeNumber, LIMIT_DEFAULT)
    .description('list the state of an operator, in an order that is the same in every checkpoint')
    .action(async (name: string, operator: string, options: ListOptions, command: Command) => {
      const context = await contextOf(command, terminal);
      const { jobId, checkpointId } = await placeOf(context, name, options);
      const { limit } = options;
      const page = { operator, ...tableIn(options), limit: Math.min(PAGE_MAX, limit) };
      const items: StateRow[] = await taken(context.service.state.list(jobId, checkpointId, page), limit);
      context.show({ checkpointId, items }, showState(items, { isWhole: false }));
    });
}

function addDiff(state: Command, terminal: Terminal): void {
  state
    .command('diff')
    .argument('<job>', 'id or name of the job')
    .argument('<before>', 'id of a checkpoint')
    .argument('<after>', 'id of another checkpoint of the job, of whatever revision and timeline')
    .option('--operator <uid>', 'only this operator, without counts: for state that is too large to be counted')
    .option('--table <table>', 'only this table')
    .option('-n, --limit <count>', 'how many keys of each operator', wholeNumber, LIMIT_DEFAULT)
    .description('show what differs between two checkpoints: counts by operator, then keys with old and new values')
    .action(async (name: string, before: string, after: string, options: DiffOptions, command: Command) => {
      const context = await contextOf(command, terminal);
      const { id } = await jobNamed(context, name);
      const { operators } =
        options.operator === undefined ? await context.service.state.diff(id, before, after) : { operators: [] };
      const differing = operators.filter(({ added, removed, changed }) => added + removed + changed > 0);
      const uids = options.operator === undefined ? differing.map(({ uid }) => uid) : [options.operator];
      const differences: { [uid: string]: readonly StateDifference[] } = {};
      for (const operator of uids) {
        const page = { operator, ...tableIn(options), limit: Math.min(PAGE_MAX, options.limit) };
        differences[operator] = await taken(context.service.state.differences(id, before, after, page), options.limit);
      }
      const lines = Object.entries(differences).flatMap(([uid, items]) => ['', ...showDifferences(uid, items)]);
      const counts = options.operator === undefined ? showCounts(operators) : [];
      context.show({ operators, differences }, [...counts, ...lines.slice(counts.length === 0 ? 1 : 0)]);
    });
}

interface DiffOptions {
  readonly operator?: string;
  readonly table?: string;
  readonly limit: number;
}

const withPlace = (command: Command): Command =>
  command
    .argument('<job>', 'id or name of the job')
    .argument('<operator>', 'uid of the operator')
    .option('--checkpoint <id>', 'by default the newest one that is complete')
    .option('--table <table>', 'only this table: operators with windows or timers have several');

async function placeOf(
  context: Context,
  name: string,
  { checkpoint }: StateOptions,
): Promise<{ readonly jobId: string; readonly checkpointId: string }> {
  const { id: jobId } = await jobNamed(context, name);
  if (checkpoint !== undefined) return { jobId, checkpointId: checkpoint };
  const newest = await context.service.state.newestCheckpoint(jobId);
  if (newest === undefined) {
    throw new UserError(
      `"${name}" has no complete checkpoint yet. A running job writes one now and then; a stop writes one too.`,
    );
  }
  return { jobId, checkpointId: newest.id };
}

const tableIn = ({ table }: { readonly table?: string }): { readonly table?: string } =>
  table === undefined ? {} : { table };

async function taken<Item>(items: AsyncIterable<Item>, count: number): Promise<Item[]> {
  const first: Item[] = [];
  for await (const item of items) if (first.push(item) === count) break;
  return first;
}
