import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { DynamicModule, LoggerService } from '@nestjs/common';
import { refuseLargeBody } from './large-body.js';
import { refuseUrl } from './refuse-url.js';
import { measureRequests } from './request-metrics.js';
import { RouteTable } from './route-table.js';
import { cutUnread, SENDING_BOUNDS, type SendingBounds } from './sending.js';

/** A request must have arrived in full by then; event streams are answers and may take as long as they like. */
const REQUEST_TIMEOUT_MS = 60_000;

const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
} as const;

/** The HTTP server with everything that every route has in common. Does not listen yet. */
export async function httpServer(
  api: DynamicModule,
  options: {
    readonly bodyBytesMax: number;
    readonly logger: LoggerService | false;
    readonly sending?: SendingBounds;
  },
): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: options.bodyBytesMax,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // Idle connections that clients keep alive must not hold up a shutdown.
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    frameworkErrors: refuseUrl,
  });
  const server = await NestFactory.create<NestFastifyApplication>(api, adapter, {
    logger: options.logger,
    abortOnError: false,
    // JSON is all that this API reads; Fastify brings that parser itself.
    bodyParser: false,
  });
  const routes = server.get(RouteTable);
  const fastify = adapter.getInstance();
  fastify.removeContentTypeParser('text/plain');
  fastify.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) routes.add(one, url);
  });
  measureRequests(fastify);
  cutUnread(fastify, options.sending ?? SENDING_BOUNDS);
  fastify.addHook('onRequest', async (_, reply) => {
    void reply.headers(SECURITY_HEADERS);
  });
  fastify.addHook('preValidation', async ({ body }) => {
    refuseLargeBody(body);
  });
  await server.init();
  await fastify.ready();
  return server;
}
