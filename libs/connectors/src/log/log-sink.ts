// Sink `log`: the first few rows of each batch, in the job's events. A batch that is run again is the same event.
import { printable, type Sink, type SinkWrite } from '@tidemark/engine';
import { z } from 'zod';
import { connectorEnd, type ConnectorContext } from '../connector.js';

const ROWS_MAX = 100;
const ROW_CHARACTERS_MAX = 2_000;
const NEWLINE = 10;

const options = z.strictObject({ rowsPerBatch: z.int().positive().max(ROWS_MAX).default(10) });

export const logSink = connectorEnd(options, async (uid, settings, context): Promise<Sink> => {
  return new LogSink(uid, settings.rowsPerBatch, context.log);
});

class LogSink implements Sink {
  readonly guarantee = 'at_least_once';

  constructor(
    readonly uid: string,
    private readonly rowsPerBatch: number,
    private readonly log: ConnectorContext['log'],
  ) {}

  async write({ timeline, batchId, batchTimeMs, rows, bytes }: SinkWrite): Promise<'written'> {
    const sample = firstLines(bytes, this.rowsPerBatch).map(cut);
    if (rows > 0) await this.log({ sink: this.uid, timeline, batchId, batchTimeMs, rows, sample });
    return 'written';
  }

  /** Running a batch again does no harm here, whatever comes of it then. */
  async holds(): Promise<boolean> {
    return false;
  }

  async close(): Promise<void> {}
}

function firstLines(bytes: Uint8Array, count: number): string[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const lines: string[] = [];
  let start = 0;
  while (lines.length < count) {
    const end = text.indexOf(NEWLINE, start);
    if (end === -1) break;
    lines.push(text.toString('utf8', start, end));
    start = end + 1;
  }
  return lines;
}

const cut = (row: string): string =>
  row.length <= ROW_CHARACTERS_MAX ? printable(row) : `${printable(row, ROW_CHARACTERS_MAX)}…`;
