import { misuse, OperatorFault, type Whereabouts } from '../failure.js';
import type { CheckedNode } from '../checked-definition.js';
import type { Push } from '../operator.js';

/** The most characters of JSON text that all sinks of a job may take in one batch. */
export const OUTPUT_CHARS_MAX = 48 * 1024 * 1024;

/** Counts what all sinks of a batch hold together. */
export interface OutputMeter {
  chars: number;
}

export interface SinkOutput {
  readonly uid: string;
  readonly rows: number;
  /** JSON documents, each followed by a newline. */
  readonly text: string;
}

/** Collects a batch's rows for one sink. They become text at once, so nothing that happens to a row later shows. */
export class SinkBuffer {
  private rows = 0;
  private text = '';
  readonly push: Push;

  constructor(
    private readonly node: CheckedNode,
    private readonly where: Whereabouts,
    private readonly meter: OutputMeter,
  ) {
    this.push = (row) => {
      this.add(row);
    };
  }

  /** What was collected; the buffer is empty afterwards. Undefined if there was nothing. */
  take(): SinkOutput | undefined {
    const { rows, text } = this;
    this.rows = 0;
    this.text = '';
    return rows === 0 ? undefined : { uid: this.node.uid ?? '', rows, text };
  }

  private add(row: unknown): void {
    this.where.operator = this.node;
    const json: string | undefined = JSON.stringify(row);
    if (json === undefined) throw misuse(`a row of type ${typeof row} cannot be written as JSON`);
    this.rows += 1;
    this.text += `${json}\n`;
    this.meter.chars += json.length + 1;
    if (this.meter.chars <= OUTPUT_CHARS_MAX) return;
    const what = `The output of one batch (at sink "${this.node.uid ?? ''}")`;
    const { chars } = this.meter;
    throw new OperatorFault(() => ({ code: 'job_output_too_large', what, chars, charsMax: OUTPUT_CHARS_MAX }));
  }
}
