import { JsonWriter } from '../../encode/json-writer.js';
import type { GeneratedCode } from '../../fuse/generated-code.js';
import { rowOf, type RowCode } from '../../fuse/row-code.js';
import { writeRowCode } from '../../fuse/write-row-code.js';
import type { CheckedNode } from '../checked-definition.js';
import { misuse, OperatorFault, type Whereabouts } from '../failure.js';

/** The most bytes of JSON text that all sinks of a job may take in one batch. */
export const OUTPUT_BYTES_MAX = 48 * 1024 * 1024;
/** A sink that once held more than this lets go of it again. */
const KEPT_BYTES_MAX = 16 * 1024 * 1024;

/** Counts what all sinks of a batch hold together. */
export interface OutputMeter {
  bytes: number;
}

export interface SinkOutput {
  readonly uid: string;
  readonly rows: number;
  /** JSON documents, each followed by a newline. Valid until the next batch. */
  readonly bytes: Uint8Array;
}

/** Collects a batch's rows for one sink. They become bytes at once, so nothing that happens to a row later shows. */
export class SinkBuffer {
  readonly out = new JsonWriter();
  private rows = 0;
  private rowStart = 0;

  constructor(
    private readonly node: CheckedNode,
    private readonly where: Whereabouts,
    private readonly meter: OutputMeter,
    private readonly code: GeneratedCode,
  ) {}

  /** Statements that write a row. */
  inline(row: RowCode): string {
    const [self, out, where, node] = this.code.constantsOf(this, this.out, this.where, this.node);
    const direct = writeRowCode(this.code, out, row);
    if (direct !== undefined) return `${direct}\n${self}.endRow();`;
    const value = this.code.local('row');
    return `${where}.operator = ${node};
const ${value} = ${rowOf(row)};
if (!${out}.value(${value})) ${self}.refuse(${value});
${self}.endRow();`;
  }

  refuse(row: unknown): never {
    throw misuse(`a row of type ${typeof row} cannot be written as JSON`);
  }

  endRow(): void {
    this.out.byte(10);
    this.rows += 1;
    this.meter.bytes += this.out.at - this.rowStart;
    this.rowStart = this.out.at;
    if (this.meter.bytes > OUTPUT_BYTES_MAX) this.tooLarge();
  }

  /** What was collected since the last time. Undefined if there was nothing. */
  take(): SinkOutput | undefined {
    const { rows } = this;
    if (rows === 0) return undefined;
    const bytes = this.out.buf.subarray(0, this.out.at);
    this.rows = 0;
    this.rowStart = 0;
    this.out.reset();
    if (this.out.buf.length > KEPT_BYTES_MAX) this.out.buf = new Uint8Array(1_024);
    return { uid: this.node.uid ?? '', rows, bytes };
  }

  private tooLarge(): never {
    const what = `The output of one batch (at sink "${this.node.uid ?? ''}")`;
    const { bytes } = this.meter;
    throw new OperatorFault(() => ({ code: 'job_output_too_large', what, bytes, bytesMax: OUTPUT_BYTES_MAX }));
  }
}
