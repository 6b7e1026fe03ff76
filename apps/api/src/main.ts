import 'reflect-metadata';
import { apiConfig, ConfigError, processEnvironment, type ApiConfig } from '@tidemark/config';
import { isTidemarkError } from '@tidemark/domain';
import { JsonLogger, startTracing } from '@tidemark/observability';
import { migrate } from '@tidemark/persistence';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiModule } from './api.module.js';
import { InfrastructureModule } from './infrastructure/infrastructure.module.js';
import { Bootstrap } from './tenancy/bootstrap.js';
import { httpServer } from './transport/http-server.js';

/** Closing waits for requests under way; what has not ended by then is not waited for. */
const CLOSE_MS_MAX = 10_000;

async function main(): Promise<void> {
  const env = processEnvironment();
  const config = apiConfig(env);
  const tracing = startTracing('tidemark-api', env);
  await migrate(config.databaseUrl);
  const { bodyBytesMax, log } = config;
  const logger = new JsonLogger('api', log);
  const server = await httpServer(ApiModule.over([InfrastructureModule.forRoot(config)]), { bodyBytesMax, logger });
  const stop = async (): Promise<void> => {
    setTimeout(() => process.exit(1), CLOSE_MS_MAX).unref();
    await server.close();
    await tracing.close();
    process.exit(0);
  };
  process.once('SIGTERM', () => void stop());
  process.once('SIGINT', () => void stop());
  if (config.bootstrapFile !== undefined) await server.get(Bootstrap, { strict: false }).run(config.bootstrapFile);
  const url = await listen(server, config);
  process.stdout.write(`${JSON.stringify({ ready: { role: 'api', id: `api-${process.pid}`, url } })}\n`);
}

async function listen(server: NestFastifyApplication, { host, port }: ApiConfig): Promise<string> {
  try {
    await server.listen(port, host);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') throw new PortTaken(host, port);
    throw error;
  }
  const bound = server.getHttpServer().address();
  const boundPort = typeof bound === 'object' && bound !== null ? bound.port : port;
  return `http://${host.includes(':') ? `[${host}]` : host}:${boundPort}`;
}

class PortTaken extends Error {
  constructor(host: string, port: number) {
    super(`Port ${port} of ${host} is taken. Choose another with TIDEMARK_API_PORT; 0 takes a free one.`);
  }
}

main().catch((error: unknown) => {
  const known = error instanceof ConfigError || error instanceof PortTaken || isTidemarkError(error);
  process.stderr.write(`${known ? error.message : String(error instanceof Error ? error.stack : error)}\n`);
  process.exit(1);
});
