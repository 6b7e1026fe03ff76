import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface ReceivedSpan {
  readonly service: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
}

/** Takes spans as a collector does: OTLP over HTTP, in protobuf. */
export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = [];

  private constructor(private readonly server: Server) {}

  /** Listens on loopback; port 0 takes a free one. */
  static async listen(port = 0): Promise<OtlpReceiver> {
    const server = createServer();
    const receiver = new OtlpReceiver(server);
    server.on('request', (request, response) => {
      void buffer(request).then((body) => {
        if (request.url === '/v1/traces') receiver.spans.push(...spansIn(body));
        response.end();
      });
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return receiver;
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

function serviceOf(resourceSpans: Buffer): string {
  const attributes = fields(first(resourceSpans, 1), 1);
  const attribute = attributes.find((each) => text(each, 1) === 'service.name');
  return attribute === undefined ? '' : text(first(attribute, 2), 1);
}

const first = (message: Buffer, number: number): Buffer => fields(message, number)[0] ?? Buffer.alloc(0);
const text = (message: Buffer, number: number): string => first(message, number).toString('utf8');

/** The contents of every length-delimited field of this number. */
function fields(message: Buffer, number: number): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at < message.length;) {
    const tag = varint(message, at);
    const value = wireValue(message, tag.end, tag.value % 8);
    if (Math.floor(tag.value / 8) === number && value.bytes !== undefined) found.push(value.bytes);
    at = value.end;
  }
  return found;
}

function wireValue(message: Buffer, at: number, wireType: number): { readonly bytes?: Buffer; readonly end: number } {
  switch (wireType) {
    case 0:
      return { end: varint(message, at).end };
    case 1:
      return { end: at + 8 };
    case 2: {
      const { value: length, end } = varint(message, at);
      return { bytes: message.subarray(end, end + length), end: end + length };
    }
    case 5:
      return { end: at + 4 };
    default:
      throw new Error(`Protobuf has no wire type ${wireType}.`);
  }
}

function varint(message: Buffer, at: number): { readonly value: number; readonly end: number } {
  let value = 0;
  for (let end = at, factor = 1; ; end += 1, factor *= 128) {
    const byte = message.readUInt8(end);
    value += (byte % 128) * factor;
    if (byte < 128) return { value, end: end + 1 };
  }
}
