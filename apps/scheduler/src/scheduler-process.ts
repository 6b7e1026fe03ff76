import 'reflect-metadata';
import { ConfigError, processEnvironment, schedulerConfig } from '@tidemark/config';
import { isTidemarkError } from '@tidemark/domain';
import { JsonLogger, startTelemetry } from '@tidemark/observability';
import { migrate } from '@tidemark/persistence';
import { QueueClaim } from '@tidemark/queue';
import { NestFactory } from '@nestjs/core';
import { SchedulerModule } from './scheduler.module.js';

async function run(): Promise<void> {
  const env = processEnvironment();
  const config = schedulerConfig(env);
  const [telemetry] = await Promise.all([startTelemetry('tidemark-scheduler', env), migrate(config.databaseUrl)]);
  const logger = new JsonLogger('scheduler', config.log);
  const app = await NestFactory.createApplicationContext(SchedulerModule.forRoot(config), {
    logger,
    abortOnError: false,
  });
  const stop = async (): Promise<void> => {
    await app.close();
    await telemetry.close();
    process.exit(0);
  };
  process.once('SIGTERM', () => void stop());
  process.once('SIGINT', () => void stop());
  await app.init();
  app.get(QueueClaim).watch((reason) => {
    logger.error(reason);
    process.exit(1);
  });
  process.stdout.write(`${JSON.stringify({ ready: { role: 'scheduler', id: `scheduler-${process.pid}` } })}\n`);
}

run().catch((error: unknown) => {
  const known = error instanceof ConfigError || isTidemarkError(error);
  process.stderr.write(`${known ? error.message : String(error instanceof Error ? error.stack : error)}\n`);
  process.exit(1);
});
