import type { Command, CommanderError } from 'commander';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { checkBundle, NotCompared, type CheckReport } from '../local/check-bundle.js';
import type { DebuggerPlace } from '../local/messages.js';
import { replayBatch } from '../local/replay-batch.js';
import { showCheck, showNotCompared } from '../output/show-check.js';
import { showReplay } from '../output/show-replay.js';
import { ExitWith, UserError, type ExitCode, type Terminal } from '../terminal.js';
import { contextOf, jobNamed, wholeNumber } from './context.js';
import { bundleIn, type RevisionOptions } from './revision.js';
import { upgradeIn, withUpgradeOptions, type UpgradeFlags } from './upgrade-options.js';

const BATCHES_DEFAULT = 50;
const STATE_MIB_DEFAULT = 256;
const INSPECT_DEFAULT = '127.0.0.1:9229';

const EXIT_CODES = { equal: 0, differs: 1, incompatible: 2 } as const satisfies Record<
  CheckReport['outcome'],
  ExitCode
>;
/** Nothing is known of the bundle: that must not look like one of the answers. */
const NOT_CHECKED = 3;

interface CheckOptions extends UpgradeFlags, Pick<RevisionOptions, 'minify'> {
  readonly against: string;
  readonly replay: number;
  readonly stateMib: number;
  readonly verdictsOnly?: boolean;
}

interface ReplayOptions {
  readonly timeline?: number;
  readonly bundle?: string;
  readonly inspect?: string | true;
  readonly stateMib: number;
}

/** `tidemark check` and `replay`. */
export function addLocalCommands(program: Command, terminal: Terminal): void {
  addCheckCommand(program, terminal);
  addReplayCommand(program, terminal);
}

function addCheckCommand(program: Command, terminal: Terminal): void {
  withUpgradeOptions(program.command('check').argument('<file>', 'as for "submit"'))
    .description('judge a bundle against a job as an upgrade would, and run recorded batches of it here with both')
    .requiredOption('--against <job>', 'id or name of the job')
    .option(
      '--replay <count>',
      'how many batches, or as many as are kept; those that cannot be run again are passed over',
      wholeNumberToCheck,
      BATCHES_DEFAULT,
    )
    .option('--verdicts-only', 'run nothing: judge the form of the state alone')
    .option('--state-mib <mib>', 'the most state that is downloaded', wholeNumberToCheck, STATE_MIB_DEFAULT)
    .option('--minify', 'make the bundle small')
    .addHelpText(
      'after',
      '\nExit codes: 0 compatible and equal, 1 output differs, 2 incompatible, 3 could not be checked.',
    )
    .exitOverride((error: CommanderError) => {
      throw error.exitCode === 0 ? error : new ExitWith(NOT_CHECKED);
    })
    .action(async (file: string, options: CheckOptions, command: Command) => {
      const exitCode = await check(file, options, command, terminal).catch((error: unknown) => {
        throw new ExitWith(NOT_CHECKED, { cause: error });
      });
      if (exitCode !== 0) throw new ExitWith(exitCode);
    });
}

function wholeNumberToCheck(text: string): number {
  try {
    return wholeNumber(text);
  } catch (error) {
    throw new ExitWith(NOT_CHECKED, { cause: error });
  }
}

async function check(file: string, options: CheckOptions, command: Command, terminal: Terminal): Promise<ExitCode> {
  const context = await contextOf(command, terminal);
  const job = await jobNamed(context, options.against);
  const path = resolve(terminal.cwd, file);
  const report = await checkBundle(context.service, job, {
    bundle: await bundleIn(path, options),
    folder: packageOf(dirname(path)),
    upgrade: upgradeIn(options).upgrade ?? {},
    batches: options.verdictsOnly === true ? undefined : options.replay,
    stateBytesMax: bytesOf(options.stateMib),
    signal: terminal.interrupted,
  }).catch((error: unknown) => {
    if (!(error instanceof NotCompared)) throw error;
    const { plan, cause } = error;
    context.show({ outcome: 'not_compared', objections: [], plan, comparison: null }, showNotCompared(plan));
    throw cause;
  });
  context.show(report, showCheck(report));
  return EXIT_CODES[report.outcome];
}

function addReplayCommand(program: Command, terminal: Terminal): void {
  program
    .command('replay')
    .argument('<job>', 'id or name of the job')
    .argument('<batch>', 'a committed batch', wholeNumber)
    .description('run a recorded batch here, from the newest checkpoint before it, and print what it gives')
    .option('--timeline <number>', "by default the job's current one", wholeNumber)
    .option('--bundle <file>', 'as for "submit"; by default the bundle that ran the batch')
    .option('--inspect [host:port]', `wait for a debugger before the batch runs, at ${INSPECT_DEFAULT} by default`)
    .option('--state-mib <mib>', 'the most state that is downloaded', wholeNumber, STATE_MIB_DEFAULT)
    .action(async (name: string, batchId: number, options: ReplayOptions, command: Command) => {
      const context = await contextOf(command, terminal);
      const job = await jobNamed(context, name);
      const { timeline = job.timeline, inspect, stateMib } = options;
      const path = options.bundle === undefined ? undefined : resolve(terminal.cwd, options.bundle);
      const replayed = await replayBatch(context.service, job, {
        ...{ timeline, batchId },
        bundle: path === undefined ? undefined : await bundleIn(path, {}),
        folder: packageOf(path === undefined ? terminal.cwd : dirname(path)),
        inspect: inspect === undefined ? undefined : placeIn(inspect === true ? INSPECT_DEFAULT : inspect),
        stateBytesMax: bytesOf(stateMib),
        signal: terminal.interrupted,
      });
      context.show(replayed, showReplay(replayed));
    });
}

const bytesOf = (mib: number): number => mib * 1024 * 1024;

function placeIn(text: string): DebuggerPlace {
  const [, host = '127.0.0.1', port = ''] = /^(?:([A-Za-z0-9.-]+|\[[0-9a-f:]+\]):)?(\d{1,5})$/.exec(text) ?? [];
  if (port !== '' && Number(port) < 65_536) return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
  throw new UserError(`"${text}" is no place for a debugger to connect to: write it as host:port.`);
}

/** The folder that places in a source map count from: that of the package which a file is part of. */
function packageOf(folder: string): string {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, 'package.json'))) return at;
    if (dirname(at) === at) return folder;
  }
}
