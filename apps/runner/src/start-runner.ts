import 'reflect-metadata';
import { hostname } from 'node:os';
import type { Environment, RunnerConfig } from '@tidemark/config';
import { RunStore, type RunnerId } from '@tidemark/domain';
import { METRICS, observe, startTelemetry, type JsonLogger } from '@tidemark/observability';
import { migrate } from '@tidemark/persistence';
import { queueAddress, QueueClaim, RunQueueTransport } from '@tidemark/queue';
import type { SandboxHost } from '@tidemark/sandbox';
import { NestFactory } from '@nestjs/core';
import type { MicroserviceOptions } from '@nestjs/microservices';
import { v7 } from 'uuid';
import { RunnerLease } from './lease/runner-lease.js';
import { RunnerModule } from './runner.module.js';
import { ActiveRuns } from './run-batch/active-runs.js';

/** What is left to do after the jobs are let go of; a database that does not answer must not hold it up. */
const CLOSE_MS_MAX = 4_000;

/** Starts this process as a runner. When this resolves it takes jobs, until it is told to end. */
export async function startRunner(parts: {
  readonly env: Environment;
  readonly config: RunnerConfig;
  readonly logger: JsonLogger;
  readonly sandbox: Promise<SandboxHost>;
}): Promise<void> {
  const { env, config, logger } = parts;
  const id = `rnr_${v7().replaceAll('-', '')}` as RunnerId;
  const [telemetry] = await Promise.all([startTelemetry('tidemark-runner', env), migrate(config.databaseUrl)]);
  const transport = new RunQueueTransport(queueAddress(config.databaseUrl, config.redisUrl), config.slots);
  const module = RunnerModule.forRoot(config, { id, sandbox: parts.sandbox });
  const options: MicroserviceOptions = { strategy: transport };
  const app = await NestFactory.createMicroservice(module, { ...options, logger, abortOnError: false });
  await app.init();

  const sandbox = await parts.sandbox;
  const [runs, lease, active] = [app.get(RunStore), app.get(RunnerLease), app.get(ActiveRuns)];
  observe(METRICS.jobsOwned, () => Promise.resolve([[active.size, {}]]));
  await runs.registerRunner({
    id,
    host: hostname(),
    pid: process.pid,
    slots: config.slots,
    sandbox: { ...sandbox.status },
  });
  const endNow = endAtOnce(logger, sandbox);
  lease.start(id, (reason) => {
    endNow(`The lease is lost: ${reason}.`);
  });
  app.get(QueueClaim).watch(endNow);
  await app.listen();
  void sandbox.tested
    .then((status) => runs.noteSandbox(id, { ...status }))
    .catch((error: unknown) => {
      logger.warn(`What the sandbox's self-test found is not known: ${String(error)}`);
    });

  endOnSignal(async () => {
    setTimeout(() => process.exit(1), config.drainMs + CLOSE_MS_MAX).unref();
    await transport.pause();
    const drained = await active.drainAll('runner_shutdown', config.drainMs);
    // What did not get there in time must be over before the runner is retired: its jobs are free from then on.
    if (!drained) active.abandonAll('lease_lost');
    lease.stop();
    await runs.retireRunner(id);
    await sandbox.close();
    await app.close();
    await telemetry.close();
    process.exit(0);
  });
  process.stdout.write(`${JSON.stringify({ ready: { role: 'runner', id } })}\n`);
}

/**
 * Its runs are abandoned and their sandboxes gone; a new process gets a new id and a clean start. The warm sandbox is killed
 * here and now: one that waits for this process's end outlives it by as long as the kernel takes over it.
 */
const endAtOnce =
  (logger: JsonLogger, sandbox: SandboxHost) =>
  (reason: string): void => {
    logger.error(reason);
    void sandbox.close();
    process.exit(1);
  };

function endOnSignal(end: () => Promise<void>): void {
  let ending = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (!ending) void end();
      ending = true;
    });
  }
}
