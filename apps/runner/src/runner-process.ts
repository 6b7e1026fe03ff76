import { ConfigError, processEnvironment, runnerConfig } from '@tidemark/config';
import { isTidemarkError } from '@tidemark/domain';
import { JsonLogger } from '@tidemark/observability';
import { SandboxHost } from '@tidemark/sandbox';

async function run(): Promise<void> {
  const env = processEnvironment();
  const config = runnerConfig(env);
  const logger = new JsonLogger('runner', config.log);
  // It tests itself in processes of its own, while this one loads everything else.
  const sandbox = SandboxHost.open({
    mode: config.sandboxMode,
    log: (line) => {
      logger.warn(line);
    },
  });
  const started = import('./start-runner.js').then(({ startRunner }) => startRunner({ env, config, logger, sandbox }));
  await Promise.all([sandbox, started]);
}

run().catch((error: unknown) => {
  const known = error instanceof ConfigError || isTidemarkError(error);
  process.stderr.write(`${known ? error.message : String(error instanceof Error ? error.stack : error)}\n`);
  process.exit(1);
});
