import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { fields, first, text } from './protobuf.js';
import { metricsIn, serviceOf, type ReceivedPoint } from './received-metrics.js';

export interface ReceivedSpan {
  readonly service: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
}

/** Takes spans and metrics as a collector does: OTLP over HTTP, in protobuf. */
export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = [];
  /** In the order in which they came: the last of a series is the newest. */
  readonly points: ReceivedPoint[] = [];

  private constructor(private readonly server: Server) {}

  /** Listens on loopback; port 0 takes a free one. */
  static async listen(port = 0): Promise<OtlpReceiver> {
    const server = createServer();
    const receiver = new OtlpReceiver(server);
    server.on('request', (request, response) => {
      void buffer(request).then((body) => {
        if (request.url === '/v1/traces') receiver.spans.push(...spansIn(body));
        if (request.url === '/v1/metrics') receiver.points.push(...metricsIn(body));
        response.end();
      });
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return receiver;
  }

  /** What has a process send its metrics here ten times a second, and no spans. */
  get metricsEnvironment(): { readonly [name: string]: string } {
    return {
      OTEL_EXPORTER_OTLP_ENDPOINT: this.url,
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_METRIC_EXPORT_INTERVAL: '100',
    };
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

/** An `ExportTraceServiceRequest`, of which only what a test asks for is read. Numbers are those of the fields. */
function spansIn(request: Buffer): ReceivedSpan[] {
  return fields(request, 1).flatMap((resourceSpans) => {
    const service = serviceOf(resourceSpans);
    const spans = fields(resourceSpans, 2).flatMap((scopeSpans) => fields(scopeSpans, 2));
    return spans.map((span) => ({
      service,
      name: text(span, 5),
      traceId: first(span, 1).toString('hex'),
      spanId: first(span, 2).toString('hex'),
      parentSpanId: first(span, 4).toString('hex'),
    }));
  });
}
