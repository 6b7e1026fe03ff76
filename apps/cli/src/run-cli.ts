import { BundleError } from '@tidemark/bundler';
import { TidemarkApiError, TidemarkConnectionError, TidemarkTimeoutError } from '@tidemark/sdk';
import { Command, CommanderError } from 'commander';
import { addAuditCommand } from './commands/audit.js';
import { addBuildCommand } from './commands/build.js';
import { addControlCommands } from './commands/control.js';
import { addInitCommand } from './commands/init.js';
import { addInspectCommands } from './commands/inspect.js';
import { addLogsCommand } from './commands/logs.js';
import { addStateCommands } from './commands/state.js';
import { addOffsetCommands } from './commands/offsets.js';
import { addRetentionCommands } from './commands/retention.js';
import { addRecoveryCommands } from './commands/recovery.js';
import { addSubmitCommands } from './commands/submit.js';
import { addUpgradeCommands } from './commands/upgrade.js';
import { printable, UserError, type Terminal } from './terminal.js';

/** 0: done. 1: the caller can put it right. 2: the service, or something on the way to it, did not do its part. */
export type ExitCode = 0 | 1 | 2;

/** Runs one command line, without the program's own name, to its end. */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  try {
    await program(terminal).parseAsync([...args], { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 1;
    if (terminal.interrupted.aborted) return 1;
    const { says, exitCode } = judged(error);
    for (const line of says.split('\n')) terminal.err(printable(line));
    return exitCode;
  }
}

function program(terminal: Terminal): Command {
  const root = new Command('tidemark')
    .description('Submit streaming jobs and look after them.')
    .option('--api-url <url>', 'where the API is (TIDEMARK_API_URL)')
    .option('--api-key <key>', 'the key to use (TIDEMARK_API_KEY)')
    .option('--tenant <name>', "with an admin's key: id or name of the tenant to act for (TIDEMARK_TENANT)")
    .option('--json', 'print JSON for machines')
    .showHelpAfterError('Run "tidemark help" for what there is.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        terminal.out(text.trimEnd());
      },
      writeErr: (text) => {
        terminal.err(text.trimEnd());
      },
    });
  addInitCommand(root, terminal);
  addBuildCommand(root, terminal);
  addSubmitCommands(root, terminal);
  addUpgradeCommands(root, terminal);
  addInspectCommands(root, terminal);
  addStateCommands(root, terminal);
  addLogsCommand(root, terminal);
  addControlCommands(root, terminal);
  addOffsetCommands(root, terminal);
  addRecoveryCommands(root, terminal);
  addRetentionCommands(root, terminal);
  addAuditCommand(root, terminal);
  return root;
}

function judged(error: unknown): { readonly says: string; readonly exitCode: ExitCode } {
  if (error instanceof UserError || error instanceof BundleError) return { says: error.message, exitCode: 1 };
  if (error instanceof TidemarkApiError) return { says: error.message, exitCode: error.status < 500 ? 1 : 2 };
  if (error instanceof TidemarkConnectionError || error instanceof TidemarkTimeoutError) {
    return { says: error.message, exitCode: 2 };
  }
  return { says: error instanceof Error ? error.message : String(error), exitCode: 2 };
}
