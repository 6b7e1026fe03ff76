import type { Command } from 'commander';
import { resolve } from 'node:path';
import type { Terminal } from '../terminal.js';
import { contextOf } from './context.js';
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

/** `tidemark submit`. */
export function addSubmitCommands(program: Command, terminal: Terminal): void {
  const command = program.command('submit').argument('<file>', 'a TypeScript source, or a bundle made by "build"');
  withWaitOption(withRevisionOptions(command))
    .description('submit a job')
    .option('--name <name>', "name of the job; by default the bundle's own")
    .action(
      async (file: string, options: RevisionOptions & WaitOption & { readonly name?: string }, command: Command) => {
        const context = await contextOf(command, terminal);
        const bundle = await bundleIn(resolve(terminal.cwd, file), options);
        const name = options.name === undefined ? {} : { name: options.name };
        const job = await context.service.jobs.submit({ bundle, ...name, config: configIn(options) });
        await showSubmitted(context, job, options, hasBegun);
      },
    );
}
