import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { trace } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SPANS } from './names.js';
import { inSpan, startTracing, type Tracing } from './tracing.js';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const PARENT = `00-${TRACE_ID}-b7ad6b7169203331-01`;

const carriedBelow = (parent: string | undefined): Promise<string | undefined> =>
  inSpan(SPANS.submit, { parent }, ({ traceParent }) => Promise.resolve(traceParent));

describe('a process that sends no spans', () => {
  it.each([
    ['nothing is said', {}],
    ['the endpoint is empty', { OTEL_EXPORTER_OTLP_ENDPOINT: '' }],
    ['it is switched off', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_SDK_DISABLED: 'true' }],
    ['no exporter is wanted', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_TRACES_EXPORTER: 'none' }],
  ])('hands on the trace context that it got, because %s', async (_, env) => {
    const tracing = await startTracing('test', env);

    expect(await carriedBelow(PARENT)).toBe(PARENT);
    expect(await carriedBelow(undefined)).toBeUndefined();
    expect(await carriedBelow('nonsense')).toBeUndefined();
    await tracing.close();
  });

  it('does the work all the same, and fails with it', async () => {
    await expect(inSpan(SPANS.claim, {}, () => Promise.reject(new Error('lost')))).rejects.toThrow('lost');
  });
});

describe('a process that sends spans', () => {
  let collector: Server;
  let received: Buffer[];
  let tracing: Tracing | undefined;

  beforeEach(async () => {
    received = [];
    collector = createServer((request, response) => {
      void buffer(request).then((body) => {
        received.push(body);
        response.end();
      });
    });
    collector.listen(0, '127.0.0.1');
    await once(collector, 'listening');
    const { port } = collector.address() as AddressInfo;
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', `http://127.0.0.1:${port}`);
  });

  afterEach(async () => {
    await tracing?.close();
    tracing = undefined;
    trace.disable();
    vi.useRealTimers();
    vi.unstubAllEnvs();
    collector.closeAllConnections();
    collector.close();
  });

  it('goes on below a span of its own, in the trace that it got, and sends that span', async () => {
    tracing = await startTracing('test', process.env);

    const carried = await carriedBelow(PARENT);

    expect(carried).toMatch(new RegExp(`^00-${TRACE_ID}-[0-9a-f]{16}-01$`));
    expect(carried).not.toBe(PARENT);
    await tracing.close();
    expect(Buffer.concat(received).toString('latin1')).toContain(SPANS.submit);
    expect(Buffer.concat(received).toString('hex')).toContain(TRACE_ID);
  });

  it('begins a trace where there is none', async () => {
    tracing = await startTracing('test', process.env);

    expect(await carriedBelow(undefined)).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });

  it('makes no span of a trace that its caller does not record, and hands on that it is not', async () => {
    tracing = await startTracing('test', process.env);

    expect(await carriedBelow(PARENT.replace(/01$/, '00'))).toMatch(new RegExp(`^00-${TRACE_ID}-[0-9a-f]{16}-00$`));
    await tracing.close();
    expect(received).toEqual([]);
  });

  it('refuses a protocol that it does not speak', async () => {
    await expect(startTracing('test', { ...process.env, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' })).rejects.toMatchObject({
      code: 'not_built',
      message: 'The protocol "grpc" (OTEL_EXPORTER_OTLP_PROTOCOL) is not supported by this version.',
    });
  });

  it.each(['not a url', 'ftp://collector', 'http://127.0.0.1:99999', 'collector:4318'])(
    'refuses an endpoint that is none: %s',
    async (endpoint) => {
      await expect(startTracing('test', { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint })).rejects.toThrow(
        'OTEL_EXPORTER_OTLP_ENDPOINT must be a URL, with http or https',
      );
    },
  );

  it('ends in time although nobody takes its spans', async () => {
    collector.removeAllListeners('request');
    const waiting = await startTracing('test', process.env);
    await carriedBelow(undefined);
    vi.useFakeTimers();

    let closed = false;
    void waiting.close().then(() => (closed = true));

    await vi.advanceTimersByTimeAsync(2_000);
    expect(closed).toBe(true);
  });
});
