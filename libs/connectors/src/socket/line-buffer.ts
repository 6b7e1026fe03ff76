const NEWLINE = 10;

/**
 * Up to this length, what arrives is put together with what came before it: a block takes hundreds of bytes however short it
 * is, and a sender may give one byte at a time.
 */
const BLOCK_BYTES = 64 * 1024;

/** A line, without its newline, may not be longer. */
export const LINE_BYTES_MAX = 1024 * 1024;

export interface Lines {
  readonly records: number;
  /** Each line with its newline. */
  readonly bytes: Buffer;
}

/**
 * Turns what arrives on a connection into lines, first in first out. Lines stay together in blocks: an object for each would
 * need several times the memory of a short line. Owner: one connection.
 */
export class LineBuffer {
  private blocks: Lines[] = [];
  private blockBytes = 0;
  private partial: Buffer[] = [];
  private partialBytes = 0;

  get records(): number {
    return this.blocks.reduce((sum, { records }) => sum + records, 0);
  }

  /** In how many pieces all this lies. */
  get blockCount(): number {
    return this.blocks.length + this.partial.length;
  }

  /** Of whole lines and of the one that is still coming in. */
  get bytes(): number {
    return this.blockBytes + this.partialBytes;
  }

  /** Adds what arrived. With `line_too_long` the lines before that one are kept, and nothing may be added any more. */
  push(chunk: Buffer): 'taken' | 'line_too_long' {
    const wholeEnd = chunk.lastIndexOf(NEWLINE) + 1;
    if (wholeEnd > 0) {
      const block = Buffer.concat([...this.partial, chunk.subarray(0, wholeEnd)]);
      this.forgetPartial();
      const { records, bytes } = soundLines(block);
      if (records > 0) this.add({ records, bytes });
      if (bytes.length < block.length) return 'line_too_long';
    }
    if (wholeEnd < chunk.length) {
      append(this.partial, chunk.subarray(wholeEnd), {
        lengthOf: ({ length }) => length,
        join: (two) => Buffer.concat(two),
      });
      this.partialBytes += chunk.length - wholeEnd;
    }
    return this.partialBytes > LINE_BYTES_MAX ? 'line_too_long' : 'taken';
  }

  /** A line without its newline when the connection ends is not a record. */
  forgetPartial(): void {
    this.partial = [];
    this.partialBytes = 0;
  }

  /** The oldest lines within both bounds, at least one if there is any and `records` allows it. They stay here. */
  peek(bounds: { readonly records: number; readonly bytes: number }): Lines {
    let records = 0;
    let bytes = 0;
    const parts: Buffer[] = [];
    for (const block of this.blocks) {
      const part = firstLines(block, {
        records: bounds.records - records,
        bytes: bounds.bytes - bytes,
        atLeastOne: records === 0,
      });
      records += part.records;
      bytes += part.bytes.length;
      parts.push(part.bytes);
      if (part.records < block.records) break;
    }
    return { records, bytes: Buffer.concat(parts) };
  }

  /** Drops what `peek` gave: somebody else holds it now. */
  drop(lines: Lines): void {
    let rest = lines;
    while (rest.records > 0) {
      const [block] = this.blocks;
      if (block === undefined) throw new Error('More lines were dropped than there are.');
      const whole = block.records <= rest.records;
      const dropped = whole ? block.bytes.length : rest.bytes.length;
      this.blockBytes -= dropped;
      if (whole) this.blocks.shift();
      else this.blocks[0] = { records: block.records - rest.records, bytes: block.bytes.subarray(dropped) };
      rest = { records: rest.records - Math.min(block.records, rest.records), bytes: rest.bytes.subarray(dropped) };
    }
  }

  private add(block: Lines): void {
    append(this.blocks, block, { lengthOf: ({ bytes }) => bytes.length, join: joined });
    this.blockBytes += block.bytes.length;
  }
}

const joined = ([before, after]: readonly [Lines, Lines]): Lines => ({
  records: before.records + after.records,
  bytes: Buffer.concat([before.bytes, after.bytes]),
});

/**
 * Adds a block. Of two neighbours the later one stays the smaller, so that there are few, and each byte is copied about as
 * often as a block can double.
 */
function append<T>(
  blocks: T[],
  added: T,
  { lengthOf, join }: { readonly lengthOf: (block: T) => number; readonly join: (two: readonly [T, T]) => T },
): void {
  let last = added;
  for (let before = blocks.at(-1); before !== undefined; before = blocks.at(-1)) {
    if (lengthOf(before) > lengthOf(last) || lengthOf(before) + lengthOf(last) > BLOCK_BYTES) break;
    blocks.pop();
    last = join([before, last]);
  }
  blocks.push(last);
}

/** The lines up to the first that is too long. */
function soundLines(block: Buffer): Lines {
  let records = 0;
  let start = 0;
  for (let end = block.indexOf(NEWLINE); end !== -1; end = block.indexOf(NEWLINE, start)) {
    if (end - start > LINE_BYTES_MAX) break;
    records += 1;
    start = end + 1;
  }
  return { records, bytes: block.subarray(0, start) };
}

function firstLines(
  block: Lines,
  bounds: { readonly records: number; readonly bytes: number; readonly atLeastOne: boolean },
): Lines {
  if (block.records <= bounds.records && block.bytes.length <= bounds.bytes) return block;
  let records = 0;
  let taken = 0;
  while (records < bounds.records) {
    const end = block.bytes.indexOf(NEWLINE, taken) + 1;
    if (end === 0 || (end > bounds.bytes && !(bounds.atLeastOne && records === 0))) break;
    records += 1;
    taken = end;
  }
  return { records, bytes: block.bytes.subarray(0, taken) };
}
