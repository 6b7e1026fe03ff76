// Source `socket`: the lines that a TCP server sends. Partition "0"; an offset counts lines.
//
// A connection cannot be read twice, so a batch's lines are stored as an object before its plan names them:
//   wal/{tenant}/{job}/{hash of the uid}/t{timeline}-b{batch}-e{epoch}-{uuid}.ndjson
// From then on they are processed exactly once. Lost when the runner dies: lines that were received and are in no plan
// yet, at most the buffer's 16 MiB; lost when the connection ends: a last line without its newline.
import { createHash, randomUUID } from 'node:crypto';
import { walFolder } from '@tidemark/checkpoint';
import { isTidemarkError, TidemarkError, type PartitionRange } from '@tidemark/domain';
import type { InputChunk, PlanRequest, Source } from '@tidemark/engine';
import { z } from 'zod';
import { connectorEnd, refused, type ConnectorContext } from '../connector.js';
import { allowance, sourceLimits } from '../rate-limit.js';
import { LINE_BYTES_MAX } from './line-buffer.js';
import { LineConnection } from './line-connection.js';

const PARTITION = '0';
const NEWLINE = 10;

const options = z.strictObject({
  host: z
    .string()
    .max(255)
    .regex(/^[A-Za-z0-9._:[\]-]+$/, 'a host name or an address is needed'),
  port: z.int().min(1).max(65_535),
  format: z.enum(['json', 'text']),
  ...sourceLimits,
});
type SocketOptions = z.infer<typeof options>;

export const socketSource = connectorEnd(options, async (uid, settings, context): Promise<Source> => {
  const connection = new LineConnection(settings, context.egress);
  await connection.start();
  const source = new SocketSource(uid, settings, connection, context);
  if (connection.trouble === undefined) return source;
  await source.close();
  throw source.inTrouble(connection.trouble, 0);
});

type Ranges = { readonly [partition: string]: PartitionRange };

class SocketSource implements Source {
  private readonly folder: string;
  /** The lines of the newest plan, for the `read` that follows it. */
  private ahead: { readonly held: string; readonly bytes: Buffer } | undefined;

  constructor(
    readonly uid: string,
    private readonly settings: SocketOptions,
    private readonly connection: LineConnection,
    private readonly context: Pick<ConnectorContext, 'tenantId' | 'jobId' | 'epoch' | 'objects'>,
  ) {
    const hash = createHash('sha256').update(uid).digest('hex').slice(0, 16);
    this.folder = `${walFolder(context)}/${hash}`;
  }

  async plan(request: PlanRequest): Promise<Ranges> {
    const { lines, trouble } = this.connection;
    const from = request.from[PARTITION] ?? 0;
    const chosen = lines.peek(allowance(this.settings, request));
    if (chosen.records === 0) {
      // What came before the trouble is processed first.
      if (trouble !== undefined && lines.records === 0) throw this.inTrouble(trouble, from);
      return {};
    }
    const name = `t${request.timeline}-b${request.batchId}-e${this.context.epoch}-${randomUUID()}.ndjson`;
    const held = `${this.folder}/${name}`;
    await this.context.objects.put(held, chosen.bytes);
    lines.drop(chosen);
    this.connection.makeRoom();
    this.ahead = { held, bytes: chosen.bytes };
    return { [PARTITION]: { from, to: from + chosen.records, held } };
  }

  async read(ranges: Ranges): Promise<readonly InputChunk[]> {
    const chunks: InputChunk[] = [];
    for (const [partition, range] of Object.entries(ranges)) {
      chunks.push({ partition, range, offsetUnit: 'records', bytes: await this.stored(partition, range) });
    }
    return chunks;
  }

  async close(): Promise<void> {
    await this.connection.close();
  }

  inTrouble(trouble: NonNullable<LineConnection['trouble']>, offset: number): TidemarkError {
    const { host, port } = this.settings;
    if (trouble === 'denied') return refused(this.uid, `the service does not allow connections to ${host}:${port}`);
    const reason = `the line is longer than ${LINE_BYTES_MAX} bytes`;
    return new TidemarkError('record_unreadable', { source: this.uid, partition: PARTITION, offset, reason });
  }

  private async stored(partition: string, range: PartitionRange): Promise<Uint8Array> {
    const { held } = range;
    if (held === undefined || !held.startsWith(`${this.folder}/`)) {
      throw this.expired(partition, range, 'its plan names no object of this source');
    }
    if (this.ahead?.held === held) {
      const { bytes } = this.ahead;
      this.ahead = undefined;
      return bytes;
    }
    const bytes = await this.fetch(held, partition, range);
    if (countLines(bytes) !== range.to - range.from)
      throw this.expired(partition, range, `the object ${held} is damaged`);
    return bytes;
  }

  private async fetch(held: string, partition: string, range: PartitionRange): Promise<Uint8Array> {
    try {
      return await this.context.objects.get(held);
    } catch (error) {
      if (isTidemarkError(error) && error.code === 'object_missing') {
        throw this.expired(partition, range, `the object ${held} is gone`);
      }
      throw error;
    }
  }

  private expired(partition: string, range: PartitionRange, reason: string): TidemarkError {
    return new TidemarkError('offsets_expired', {
      source: this.uid,
      partition,
      from: range.from,
      to: range.to,
      reason,
    });
  }
}

const countLines = (bytes: Uint8Array): number =>
  bytes.reduce((lines, byte) => (byte === NEWLINE ? lines + 1 : lines), 0);
