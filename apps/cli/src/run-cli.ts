import { BundleError } from '@tidemark/bundler';
import { TidemarkApiError, TidemarkConnectionError, TidemarkTimeoutError } from '@tidemark/sdk';
import { Command, CommanderError } from 'commander';
import { addAuditCommand } from './commands/audit.js';
import { BundleFailure } from './local/bundle-process.js';
import { addBuildCommand } from './commands/build.js';
import { addLocalCommands } from './commands/check.js';
import { addControlCommands } from './commands/control.js';
import { addDeadLetterCommands } from './commands/dead-letters.js';
import { addInitCommand } from './commands/init.js';
import { addInspectCommands } from './commands/inspect.js';
import { addLogsCommand } from './commands/logs.js';
import { addStateCommands } from './commands/state.js';
import { addKeyCommands } from './commands/keys.js';
import { addOffsetCommands } from './commands/offsets.js';
import { addRetentionCommands } from './commands/retention.js';
import { addRecoveryCommands } from './commands/recovery.js';
import { addSubmitCommands } from './commands/submit.js';
import { addTenantCommands } from './commands/tenants.js';
import { addUpgradeCommands } from './commands/upgrade.js';
import { ExitWith, printable, UserError, type ExitCode, type Terminal } from './terminal.js';

/** Runs one command line, without the program's own name, to its end. */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  try {
    await program(terminal).parseAsync([...args], { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 1;
    if (error instanceof ExitWith) {
      if (error.cause !== undefined && !terminal.interrupted.aborted) say(terminal, judged(error.cause).says);
      return error.exitCode;
    }
    if (terminal.interrupted.aborted) return 1;
    const { says, exitCode } = judged(error);
    say(terminal, says);
    return exitCode;
  }
}

function say(terminal: Terminal, text: string): void {
  for (const line of text.split('\n')) terminal.err(printable(line));
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
  addLocalCommands(root, terminal);
  addInspectCommands(root, terminal);
  addStateCommands(root, terminal);
  addLogsCommand(root, terminal);
  addControlCommands(root, terminal);
  addOffsetCommands(root, terminal);
  addRecoveryCommands(root, terminal);
  addDeadLetterCommands(root, terminal);
  addRetentionCommands(root, terminal);
  addTenantCommands(root, terminal);
  addKeyCommands(root, terminal);
  addAuditCommand(root, terminal);
  return root;
}

function judged(error: unknown): { readonly says: string; readonly exitCode: ExitCode } {
  if (error instanceof UserError || error instanceof BundleError || error instanceof BundleFailure)
    return { says: error.message, exitCode: 1 };
  if (error instanceof TidemarkApiError) return { says: error.message, exitCode: error.status < 500 ? 1 : 2 };
  if (error instanceof TidemarkConnectionError || error instanceof TidemarkTimeoutError) {
    return { says: error.message, exitCode: 2 };
  }
  return { says: error instanceof Error ? error.message : String(error), exitCode: 2 };
}
