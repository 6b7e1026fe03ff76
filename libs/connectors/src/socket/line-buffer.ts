const NEWLINE = 10;

/** A line, without its newline, may not be longer. */
export const LINE_BYTES_MAX = 1024 * 1024;

/** Turns what arrives on a connection into lines, first in first out. Owner: one source. */
export class LineBuffer {
  private lines: Buffer[] = [];
  private partial: Buffer[] = [];
  private partialBytes = 0;
  private lineBytes = 0;

  get records(): number {
    return this.lines.length;
  }

  /** Of whole lines and of the one that is still coming in. */
  get bytes(): number {
    return this.lineBytes + this.partialBytes;
  }

  push(chunk: Buffer): 'taken' | 'line_too_long' {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      const line = Buffer.concat([...this.partial, chunk.subarray(start, end)]);
      this.forgetPartial();
      if (line.length > LINE_BYTES_MAX) return 'line_too_long';
      this.lines.push(line);
      this.lineBytes += line.length + 1;
      start = end + 1;
    }
    if (start < chunk.length) {
      this.partial.push(chunk.subarray(start));
      this.partialBytes += chunk.length - start;
    }
    return this.partialBytes > LINE_BYTES_MAX + 1 ? 'line_too_long' : 'taken';
  }

  /** A line without its newline when the connection ends is not a record. */
  forgetPartial(): void {
    this.partial = [];
    this.partialBytes = 0;
  }

  /** The oldest lines within both bounds, at least one if there is any, each followed by a newline. They stay here. */
  peek(bounds: { readonly records: number; readonly bytes: number }): { readonly records: number; readonly bytes: Buffer } {
    let records = 0;
    let bytes = 0;
    for (const line of this.lines) {
      if (records >= bounds.records || (records > 0 && bytes + line.length + 1 > bounds.bytes)) break;
      records += 1;
      bytes += line.length + 1;
    }
    const newline = Buffer.from([NEWLINE]);
    return { records, bytes: Buffer.concat(this.lines.slice(0, records).flatMap((line) => [line, newline]), bytes) };
  }

  /** Drops the oldest lines: somebody else holds them now. */
  drop(records: number): void {
    for (const line of this.lines.splice(0, records)) this.lineBytes -= line.length + 1;
  }
}
