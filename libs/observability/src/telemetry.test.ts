import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { metrics, trace } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { METRICS } from './metric-catalogue.js';
import { count, measure } from './metrics.js';
import { startTelemetry, type Telemetry } from './telemetry.js';

const INTERVAL_MS = 20;
const CLOSE_MS_MAX = 2_000;
/** Far more than one batch records. */
const MANY = 20_000;
const BATCH_US_MAX = 50;
/** Had each of what is recorded meanwhile left a byte behind, it would be more. */
const GROWTH_BYTES_MAX = 1_000_000;

let collector: Server;
let received: { readonly url: string; readonly body: string }[];
/** Exports that the collector has not answered. */
let hanging: number;
let answer: (response: ServerResponse) => void;
let telemetry: Telemetry | undefined;

beforeEach(async () => {
  received = [];
  hanging = 0;
  answer = (response) => response.end();
  collector = createServer((request: IncomingMessage, response: ServerResponse) => {
    void buffer(request).then((body) => {
      received.push({ url: request.url ?? '', body: body.toString('latin1') });
      answer(response);
    });
  });
  collector.listen(0, '127.0.0.1');
  await once(collector, 'listening');
  const { port } = collector.address() as AddressInfo;
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', `http://127.0.0.1:${port}`);
  vi.stubEnv('OTEL_METRIC_EXPORT_INTERVAL', String(INTERVAL_MS));
});

afterEach(async () => {
  collector.closeAllConnections();
  collector.close();
  await telemetry?.close();
  telemetry = undefined;
  metrics.disable();
  trace.disable();
  vi.unstubAllEnvs();
});

const start = async (): Promise<Telemetry> => (telemetry = await startTelemetry('test', process.env));
const metricsReceived = () => received.filter(({ url }) => url === '/v1/metrics');

describe('a process that sends metrics', () => {
  it('sends them at the interval that is set, under its own name', async () => {
    await start();
    count(METRICS.batchesCommitted, {});

    await vi.waitFor(() => {
      expect(metricsReceived().length).toBeGreaterThan(1);
    });
    const [first] = metricsReceived();
    expect(first?.body).toContain(METRICS.batchesCommitted.name);
    expect(first?.body).toContain('{batch}');
    expect(first?.body).toMatch(/service\.name[^]*test[^]*service\.instance\.id/);
  });

  it('sends what was counted last before it ends', async () => {
    vi.stubEnv('OTEL_METRIC_EXPORT_INTERVAL', '60000');
    const { close } = await start();
    count(METRICS.checkpointsUnreadable, { foundBy: 'restore' });

    await close();

    expect(metricsReceived().map(({ body }) => body.includes(METRICS.checkpointsUnreadable.name))).toEqual([true]);
  });

  it('sends them to the endpoint of metrics where there is one, and no spans there', async () => {
    const { OTEL_EXPORTER_OTLP_ENDPOINT: url = '' } = process.env;
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', '');
    vi.stubEnv('OTEL_EXPORTER_OTLP_METRICS_ENDPOINT', `${url}/elsewhere`);
    const { close } = await start();
    count(METRICS.batchesCommitted, {});

    await close();

    expect(new Set(received.map((one) => one.url))).toEqual(new Set(['/elsewhere']));
  });

  it.each([
    ['it is switched off', { OTEL_SDK_DISABLED: 'true' }],
    ['no exporter of them is wanted', { OTEL_METRICS_EXPORTER: 'none' }],
    ['there is no endpoint', { OTEL_EXPORTER_OTLP_ENDPOINT: '' }],
  ])('sends none because %s', async (_, env: { readonly [name: string]: string }) => {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    const { close } = await start();
    count(METRICS.batchesCommitted, {});

    await close();

    expect(metricsReceived()).toEqual([]);
  });

  it.each([
    ['OTEL_METRIC_EXPORT_INTERVAL', 'soon', 'OTEL_METRIC_EXPORT_INTERVAL must be a whole number from 10 to 3600000'],
    ['OTEL_EXPORTER_OTLP_METRICS_PROTOCOL', 'grpc', 'The protocol "grpc" (OTEL_EXPORTER_OTLP_METRICS_PROTOCOL)'],
  ])('refuses a wrong %s', async (name, value, says) => {
    vi.stubEnv(name, value);
    await expect(startTelemetry('test', process.env)).rejects.toThrow(says);
  });
});

function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

/** What one batch records, many times over. @returns microseconds for each */
function recordMuch(): number {
  const startedMs = performance.now();
  for (let batch = 0; batch < MANY; batch += 1) {
    count(METRICS.batchesCommitted, {});
    count(METRICS.recordsDropped, { dropReason: 'late' });
    measure(METRICS.batchDuration, {}, batch / MANY);
  }
  return ((performance.now() - startedMs) * 1_000) / MANY;
}

describe('a collector', () => {
  it('that never answers slows no batch, has one export at most to answer, and does not hold up the end', async () => {
    answer = () => (hanging += 1);
    const { close } = await start();
    recordMuch();
    await vi.waitFor(() => {
      expect(hanging).toBe(1);
    });
    // Beside the export that hangs, for as long as many intervals.
    for (const startedMs = performance.now(); performance.now() - startedMs < 10 * INTERVAL_MS;) {
      expect(recordMuch()).toBeLessThan(BATCH_US_MAX);
      await new Promise(setImmediate);
    }

    const startedMs = performance.now();
    await close();

    expect(performance.now() - startedMs).toBeLessThan(CLOSE_MS_MAX + 1_000);
    expect(hanging).toBe(1);
  });

  it('that answers more slowly than there is something to send is sent no more than one export at a time', async () => {
    let most = 0;
    answer = (response) => {
      hanging += 1;
      most = Math.max(most, hanging);
      setTimeout(() => {
        hanging -= 1;
        response.end();
      }, INTERVAL_MS / 2);
    };
    await start();
    recordMuch();
    await vi.waitFor(() => {
      expect(received.length).toBeGreaterThan(5);
    });
    expect(most).toBe(1);
  });

  it('that takes nothing costs no memory that grows with what is recorded', async () => {
    answer = (response) => response.writeHead(500).end();
    const { close } = await start();
    recordMuch();
    await vi.waitFor(() => {
      expect(received).not.toEqual([]);
    });
    const before = heapBytes();
    for (let times = 0; times < 20; times += 1) {
      recordMuch();
      const refused = received.length;
      await vi.waitFor(() => {
        expect(received.length).toBeGreaterThan(refused);
      });
    }

    expect(heapBytes() - before).toBeLessThan(GROWTH_BYTES_MAX);
    await close();
  });
});
