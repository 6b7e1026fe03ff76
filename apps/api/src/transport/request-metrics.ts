import { measure, METRIC_ATTRIBUTES, METRICS } from '@tidemark/observability';
import type { FastifyInstance } from 'fastify';

const METHODS = METRIC_ATTRIBUTES.method.values;

/**
 * Measures every request that was answered in full, by the template of its route and never by its path. Event streams are
 * left out: how long one was watched says nothing.
 */
export function measureRequests(server: FastifyInstance): void {
  const answered = new WeakSet();
  // Not reached by a reply that was taken over to become a stream.
  server.addHook('onSend', async (_, reply) => {
    answered.add(reply);
  });
  server.addHook('onResponse', async (request, reply) => {
    if (!answered.has(reply)) return;
    const method = METHODS.find((known) => known === request.method) ?? '_OTHER';
    const route = request.is404 ? undefined : request.routeOptions.url;
    const attributes = { method, route, status: reply.statusCode, scheme: 'http' } as const;
    measure(METRICS.requestDuration, attributes, reply.elapsedTime / 1_000);
  });
}
