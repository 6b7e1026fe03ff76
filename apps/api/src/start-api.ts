import 'reflect-metadata';
import { ConfigError, type ApiConfig, type Environment } from '@tidemark/config';
import { startTelemetry, type JsonLogger } from '@tidemark/observability';
import { migrate } from '@tidemark/persistence';
import type { SandboxHost } from '@tidemark/sandbox';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiModule } from './api.module.js';
import { InfrastructureModule } from './infrastructure/infrastructure.module.js';
import { Bootstrap } from './tenancy/bootstrap.js';
import { httpServer } from './transport/http-server.js';

/** Closing waits for requests under way; what has not ended by then is not waited for. */
const CLOSE_MS_MAX = 10_000;

/** Starts this process as an API. When this resolves it answers requests, until it is told to end. */
export async function startApi(parts: {
  readonly env: Environment;
  readonly config: ApiConfig;
  readonly logger: JsonLogger;
  readonly sandbox: Promise<SandboxHost>;
}): Promise<void> {
  const { env, config, logger, sandbox } = parts;
  const [telemetry] = await Promise.all([startTelemetry('tidemark-api', env), migrate(config.databaseUrl)]);
  const api = ApiModule.over([InfrastructureModule.forRoot(config, sandbox)]);
  const server = await httpServer(api, { bodyBytesMax: config.bodyBytesMax, logger });
  const stop = async (): Promise<void> => {
    setTimeout(() => process.exit(1), CLOSE_MS_MAX).unref();
    await server.close();
    await telemetry.close();
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
    const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    throw taken ? new ConfigError([`TIDEMARK_API_PORT: ${port} of ${host} is taken; 0 takes a free one`]) : error;
  }
  const bound = server.getHttpServer().address();
  const boundPort = typeof bound === 'object' && bound !== null ? bound.port : port;
  return `http://${host.includes(':') ? `[${host}]` : host}:${boundPort}`;
}
