import 'reflect-metadata';
import { hostname } from 'node:os';
import { ConfigError, processEnvironment, runnerConfig } from '@tidemark/config';
import { isTidemarkError, RunStore, type RunnerId } from '@tidemark/domain';
import { JsonLogger, startTracing } from '@tidemark/observability';
import { migrate } from '@tidemark/persistence';
import { queueAddress, RunQueueTransport } from '@tidemark/queue';
import { SandboxHost } from '@tidemark/sandbox';
import { NestFactory } from '@nestjs/core';
import type { MicroserviceOptions } from '@nestjs/microservices';
import { v7 } from 'uuid';
import { RunnerLease } from './lease/runner-lease.js';
import { RunnerModule } from './runner.module.js';
import { ActiveRuns } from './run-batch/active-runs.js';

async function main(): Promise<void> {
  const env = processEnvironment();
  const config = runnerConfig(env);
  const tracing = startTracing('tidemark-runner', env);
  const logger = new JsonLogger('runner', config.log);
  const id = `rnr_${v7().replaceAll('-', '')}` as RunnerId;
  const [sandbox] = await Promise.all([
    SandboxHost.open({
      mode: config.sandboxMode,
      log: (line) => {
        logger.warn(line);
      },
    }),
    migrate(config.databaseUrl),
  ]);
  const transport = new RunQueueTransport(queueAddress(config.databaseUrl, config.redisUrl), config.slots);
  const module = RunnerModule.forRoot(config, { id, sandbox });
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(module, { strategy: transport, logger });
  await app.init();

  const runs = app.get(RunStore);
  const lease = app.get(RunnerLease);
  await runs.registerRunner({
    id,
    host: hostname(),
    pid: process.pid,
    slots: config.slots,
    sandbox: { ...sandbox.status },
  });
  lease.start(id, (reason) => {
    // Its runs are abandoned and their sandboxes gone; a new process gets a new id and a clean start.
    logger.error(`The lease is lost: ${reason}.`);
    process.exit(1);
  });
  await app.listen();

  const stop = async (): Promise<void> => {
    await transport.pause();
    await app.get(ActiveRuns).drainAll('runner_shutdown', config.drainMs);
    lease.stop();
    await runs.retireRunner(id);
    await sandbox.close();
    await app.close();
    await tracing.close();
    process.exit(0);
  };
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (!stopping) void stop();
      stopping = true;
    });
  }
  process.stdout.write(`${JSON.stringify({ ready: { role: 'runner', id } })}\n`);
}

main().catch((error: unknown) => {
  const known = error instanceof ConfigError || isTidemarkError(error);
  process.stderr.write(`${known ? error.message : String(error instanceof Error ? error.stack : error)}\n`);
  process.exit(1);
});
