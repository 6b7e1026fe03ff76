import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ConfigError, localConfig, processEnvironment } from '@tidemark/config';
import { isTidemarkError } from '@tidemark/domain';
import { runFailoverDemo } from './demo/run-failover-demo.js';
import { homeAt } from './home/home.js';
import { runService } from './run-service.js';

const USAGE = `Usage: npm start -- [--no-example]
       npm run demo:failover

TIDEMARK_HOME  folder of all data (default: .tidemark in the repository)
TIDEMARK_PORT  port of the API (default: 7070; 0 takes a free one)`;

const DEMOS: readonly string[] = ['failover'];

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

async function main(): Promise<number> {
  const { values } = parseArgs({
    allowNegative: true,
    options: {
      example: { type: 'boolean', default: true },
      demo: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help || (values.demo !== undefined && !DEMOS.includes(values.demo))) {
    console.log(USAGE);
    return values.help ? 0 : 1;
  }
  const environment = processEnvironment();
  const config = localConfig(environment);
  const home = homeAt(config.home === undefined ? join(root, '.tidemark') : resolve(config.home));
  const signal = untilToldToStop();
  const say = (line: string): void => void process.stderr.write(`  ${line}\n`);
  const options = { home, root, environment, say, signal };
  if (values.demo !== undefined) return runFailoverDemo(options);
  return runService({ ...options, port: config.port, example: values.example });
}

/** Aborted by Ctrl-C, SIGTERM, a closed terminal, or the end of the launcher that started this process. */
function untilToldToStop(): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, stop);
  // Whoever read the output has gone; that is no reason to stop without a checkpoint.
  for (const out of [process.stdout, process.stderr]) out.on('error', stop);
  if (process.channel !== undefined) {
    process.once('disconnect', stop);
    process.channel?.unref();
  }
  return controller.signal;
}

/** What the reader can do something about is one sentence; anything else is a mistake of ours and shows its stack. */
function explain(error: unknown): string {
  if (isTidemarkError(error) || error instanceof ConfigError) return error.message;
  if (error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')) {
    return `${error.message}\n${USAGE}`;
  }
  if (error instanceof Error && 'code' in error && error.code === 'ENOSPC')
    return 'The disk is full. Nothing was lost.';
  if (error instanceof Error && 'syscall' in error) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}
// Nothing may hold a stopped service open, whatever a driver has left running.
process.exit();
