import { resolve } from 'node:path';
import type { CheckpointChoice, Rollback, Savepoint } from '@tidemark/sdk';
import type { Command } from 'commander';
import { showOrdered, showPreview, showRollbacks, showSavepoints } from '../output/show-recovery.js';
import { UserError, type Terminal } from '../terminal.js';
import { contextOf, jobNamed, wholeNumber, type Context } from './context.js';
import {
  bundleIn,
  configIn,
  hasBegun,
  showSubmitted,
  withRevisionOptions,
  withWaitOption,
  type RevisionOptions,
  type WaitOption,
} from './revision.js';
import { upgradeIn, withUpgradeOptions, type UpgradeFlags } from './upgrade-options.js';

const WAIT_SECONDS_DEFAULT = 60;
const LIST_LIMIT = 20;

/** `tidemark savepoint`, `rollback`, `rollbacks` and `fork`. */
export function addRecoveryCommands(program: Command, terminal: Terminal): void {
  const savepoint = program.command('savepoint').description('checkpoints with a name, kept until they are deleted');
  addCreate(savepoint, terminal);
  addList(savepoint, terminal);
  addDelete(savepoint, terminal);
  addRollback(program, terminal);
  addRollbackList(program, terminal);
  addFork(program, terminal);
}

function addCreate(savepoint: Command, terminal: Terminal): void {
  savepoint
    .command('create')
    .argument('<job>', 'id or name of the job')
    .argument('<label>', 'what it is for')
    .description('ask for a savepoint; a running job writes it at its next batch boundary')
    .option('--wait [seconds]', `wait until it is complete, ${WAIT_SECONDS_DEFAULT} s at most by default`, wholeNumber)
    .action(async (name: string, label: string, { wait }: { readonly wait?: number | true }, command: Command) => {
      const context = await contextOf(command, terminal);
      const { id } = await jobNamed(context, name);
      const asked = await context.service.recovery.requestSavepoint(id, label);
      const made = wait === undefined ? asked : await written(context, id, asked, wait === true ? undefined : wait);
      const of = made.checkpointId === null ? '' : `, checkpoint ${made.checkpointId}`;
      context.show(made, [`savepoint ${made.id} is ${made.status}${of}`]);
    });
}

const written = (
  { service, terminal }: Context,
  jobId: string,
  { id }: Savepoint,
  seconds = WAIT_SECONDS_DEFAULT,
): Promise<Savepoint> =>
  service.recovery.waitForSavepoint(jobId, id, { timeoutMs: seconds * 1_000, signal: terminal.interrupted });

function addList(savepoint: Command, terminal: Terminal): void {
  savepoint
    .command('list')
    .argument('<job>', 'id or name of the job')
    .description('list the savepoints of a job, newest first')
    .action(async (name: string, _: object, command: Command) => {
      const context = await contextOf(command, terminal);
      const { id } = await jobNamed(context, name);
      const items: Savepoint[] = [];
      for await (const item of context.service.recovery.savepoints(id, { limit: 100 })) items.push(item);
      context.show({ items }, items.length === 0 ? ['No savepoints.'] : showSavepoints(items));
    });
}

function addDelete(savepoint: Command, terminal: Terminal): void {
  savepoint
    .command('delete')
    .argument('<job>', 'id or name of the job')
    .argument('<savepoint>', 'id of the savepoint')
    .description('let go of a savepoint: its checkpoint is kept or collected like any other from then on')
    .action(async (name: string, savepointId: string, _: object, command: Command) => {
      const context = await contextOf(command, terminal);
      const { id } = await jobNamed(context, name);
      await context.service.recovery.deleteSavepoint(id, savepointId);
      context.show({ id: savepointId }, [`deleted ${savepointId}`]);
    });
}

interface RollbackFlags {
  readonly dryRun?: boolean;
  readonly undo?: string;
  readonly reason?: string;
}

function addRollback(program: Command, terminal: Terminal): void {
  program
    .command('rollback')
    .argument('<job>', 'id or name of the job')
    .argument('[to]', 'id of a checkpoint or of a savepoint, of whatever revision')
    .description('take a job back to a checkpoint: code, configuration, state and offsets together')
    .option('--dry-run', 'show what it would do, and do nothing')
    .option('--undo <id>', 'back to where this rollback has left')
    .option('--reason <text>', 'why, for those who read it later')
    .action(async (name: string, to: string | undefined, flags: RollbackFlags, command: Command) => {
      const context = await contextOf(command, terminal);
      const { id } = await jobNamed(context, name);
      if (flags.dryRun === true) {
        if (flags.undo !== undefined) throw new UserError('Name the checkpoint to see what going back to it would do.');
        const preview = await context.service.recovery.previewRollback(id, choiceIn(to));
        context.show(preview, showPreview(preview));
        return;
      }
      const rollback = await ordered(context, id, to, flags);
      context.show(rollback, showOrdered(name, rollback));
    });
}

function ordered(
  { service }: Context,
  id: string,
  to: string | undefined,
  { undo, reason }: RollbackFlags,
): Promise<Rollback> {
  const why = reason === undefined ? {} : { reason };
  if (undo === undefined) return service.recovery.rollBack(id, { ...choiceIn(to), ...why });
  if (to !== undefined) throw new UserError('Give a checkpoint, or a rollback to undo, and not both.');
  return service.recovery.undoRollback(id, undo, why);
}

function choiceIn(to: string | undefined): CheckpointChoice {
  if (to === undefined) throw new UserError('Give the id of a checkpoint or of a savepoint, or --undo.');
  return to.startsWith('sav_') ? { savepointId: to } : { checkpointId: to };
}

function addRollbackList(program: Command, terminal: Terminal): void {
  program
    .command('rollbacks')
    .argument('<job>', 'id or name of the job')
    .description('list the rollbacks of a job, newest first')
    .action(async (name: string, _: object, command: Command) => {
      const context = await contextOf(command, terminal);
      const { id } = await jobNamed(context, name);
      const items: Rollback[] = [];
      for await (const item of context.service.recovery.rollbacks(id, { limit: LIST_LIMIT })) {
        if (items.push(item) === LIST_LIMIT) break;
      }
      context.show({ items }, items.length === 0 ? ['No rollbacks.'] : showRollbacks(items));
    });
}

interface ForkFlags extends RevisionOptions, WaitOption, UpgradeFlags {
  readonly from?: string;
}

function addFork(program: Command, terminal: Terminal): void {
  const command = program
    .command('fork')
    .argument('<job>', 'id or name of the job')
    .argument('<name>', 'name of the new job')
    .argument('[file]', 'as for "submit"; otherwise the code that wrote the checkpoint');
  withWaitOption(withUpgradeOptions(withRevisionOptions(command)))
    .description('make a new job that begins with state and offsets of a checkpoint of this one')
    .option('--from <id>', 'a checkpoint or a savepoint; otherwise the newest checkpoint')
    .action(async (of: string, name: string, file: string | undefined, flags: ForkFlags, self: Command) => {
      const context = await contextOf(self, terminal);
      const { id } = await jobNamed(context, of);
      const job = await context.service.recovery.fork(id, {
        name,
        ...(flags.from === undefined ? {} : choiceIn(flags.from)),
        ...(file === undefined ? {} : { bundle: await bundleIn(resolve(terminal.cwd, file), flags) }),
        config: configIn(flags),
        ...upgradeIn(flags),
      });
      await showSubmitted(context, job, flags, hasBegun);
    });
}
