// Source `socket`: the lines that a TCP server sends. Partition "0"; an offset counts lines.
//
// A connection cannot be read twice, so a batch's lines are stored as an object before its plan names them:
//   wal/{tenant}/{job}/{hash of the uid}/t{timeline}-b{batch}-e{epoch}-{uuid}.ndjson
// From then on they are processed exactly once. What was offered to a plan that came to nothing is offered again, with the
// same object. Lost when the run ends: lines that were received and are in no plan yet, at most the buffer's 16 MiB and one
// batch; lost when the connection ends: a last line without its newline.
import { createHash, randomUUID } from 'node:crypto';
import { walFolder } from '@tidemark/checkpoint';
import { isTidemarkError, TidemarkError, type PartitionRange } from '@tidemark/domain';
import type { InputChunk, PlanRequest, Source } from '@tidemark/engine';
import { z } from 'zod';
import { connectorEnd, refused, type ConnectorContext } from '../connector.js';
import { allowance, sourceLimits } from '../rate-limit.js';
import { LINE_BYTES_MAX, type Lines } from './line-buffer.js';
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

/** Lines that were taken for a plan of which nobody knows yet whether it counts. */
interface Offer extends Lines {
  /** Where the plan that it was made for begins. */
  readonly from: number;
  readonly held: string;
  /** Once the object is there, and the lines are out of the buffer. */
  readonly stored: Promise<void>;
}

class SocketSource implements Source {
  private readonly folder: string;
  /** The newest one, until it is read or read behind: from then on a plan names it. */
  private offer: Offer | undefined;

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
    const from = request.from[PARTITION] ?? 0;
    if (this.offer !== undefined && from === this.offer.from + this.offer.records) this.offer = undefined;
    const offer = (this.offer ??= this.takeLines(request, from));
    if (offer === undefined) return {};
    try {
      await offer.stored;
    } catch (error) {
      // Its lines are in the buffer still.
      if (this.offer === offer) this.offer = undefined;
      throw error;
    }
    return { [PARTITION]: { from, to: from + offer.records, held: offer.held } };
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

  /** Nothing where no line is there, or none is allowed. */
  private takeLines(request: PlanRequest, from: number): Offer | undefined {
    const { lines, trouble } = this.connection;
    const chosen = lines.peek(allowance(this.settings, request));
    if (chosen.records === 0) {
      // What came before the trouble is processed first.
      if (trouble !== undefined && lines.records === 0) throw this.inTrouble(trouble, from);
      return undefined;
    }
    const name = `t${request.timeline}-b${request.batchId}-e${this.context.epoch}-${randomUUID()}.ndjson`;
    const held = `${this.folder}/${name}`;
    return { ...chosen, from, held, stored: this.store(held, chosen) };
  }

  private async store(held: string, chosen: Lines): Promise<void> {
    await this.context.objects.put(held, chosen.bytes);
    this.connection.lines.drop(chosen);
    this.connection.makeRoom();
  }

  private async stored(partition: string, range: PartitionRange): Promise<Uint8Array> {
    const { held } = range;
    if (held === undefined || !held.startsWith(`${this.folder}/`)) {
      throw this.expired(partition, range, 'its plan names no object of this source');
    }
    if (this.offer?.held === held) {
      const { bytes } = this.offer;
      this.offer = undefined;
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
