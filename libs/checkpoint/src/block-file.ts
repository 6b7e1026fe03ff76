// A state file of format 2: one Zstandard frame (level 1) over state blocks of one operator, each after eight bytes:
// u32 length of the block, u32 zero; little endian. Eight, so that a decompressed block lies aligned.
import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { constants, createZstdCompress, zstdDecompress } from 'node:zlib';
import type { StateFile } from './manifest.js';
import { readBlock, type BlockView } from './state-block.js';

/** A file takes no further block beyond this; one block may be longer by itself. */
const FILE_BYTES_MAX = 16 * 1024 * 1024;
export const BLOCK_BYTES_MAX = 64 * 1024 * 1024;
const LENGTH_BYTES = 8;
/** Of compressed bytes: what is hashed at once, without a turn for other work. */
const PIECE_BYTES = 256 * 1024;
const PIECES_PER_TURN = 4;

/** A state block and what it counts. */
export interface StateBlock {
  readonly uid: string;
  readonly bytes: Uint8Array;
  readonly rows: number;
  readonly deleted: number;
}

export interface BlockFile extends Pick<StateFile, 'bytes' | 'plainBytes' | 'sha256' | 'rows' | 'deleted' | 'blocks'> {
  readonly stored: Uint8Array;
}

/**
 * Compresses blocks off the event loop as they come, and hashes what comes out piece by piece.
 *
 * Owner of all fields: the one writer, who awaits each call before the next.
 */
export class BlockFileWriter {
  private readonly compress = createZstdCompress({
    chunkSize: PIECE_BYTES,
    params: { [constants.ZSTD_c_compressionLevel]: 1 },
  });
  private readonly hash = createHash('sha256');
  private readonly pieces: Buffer[] = [];
  private readonly ended: Promise<void>;
  private plainBytes = 0;
  private rows = 0;
  private deleted = 0;
  private blocks = 0;

  constructor(readonly uid: string) {
    this.compress.on('data', (piece: Buffer) => {
      this.hash.update(piece);
      this.pieces.push(piece);
    });
    this.ended = new Promise((resolve, reject) => this.compress.once('end', resolve).once('error', reject));
    this.ended.catch(() => undefined);
  }

  hasRoomFor({ uid, bytes }: StateBlock): boolean {
    return uid === this.uid && this.plainBytes + LENGTH_BYTES + bytes.length <= FILE_BYTES_MAX;
  }

  /** Resolves when the block's bytes are not needed any more. */
  async add({ bytes, rows, deleted }: StateBlock): Promise<void> {
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32LE(bytes.length);
    this.compress.write(length);
    await new Promise<void>((resolve, reject) => {
      this.compress.write(bytes, (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
    this.plainBytes += LENGTH_BYTES + bytes.length;
    this.rows += rows;
    this.deleted += deleted;
    this.blocks += 1;
  }

  async finish(): Promise<BlockFile> {
    this.compress.end();
    await this.ended;
    const stored = await joined(this.pieces);
    const { plainBytes, rows, deleted, blocks } = this;
    return { stored, bytes: stored.length, sha256: this.hash.digest('hex'), plainBytes, rows, deleted, blocks };
  }

  /** Lets go of a file that will not be finished. */
  destroy(): void {
    this.compress.destroy();
  }
}

/** With turns for other work: to copy 16 MiB into fresh memory takes some milliseconds. */
async function joined(pieces: readonly Uint8Array[]): Promise<Uint8Array> {
  const whole = Buffer.allocUnsafeSlow(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const [index, piece] of pieces.entries()) {
    whole.set(piece, at);
    at += piece.length;
    if (index % PIECES_PER_TURN === PIECES_PER_TURN - 1) await nextTurn();
  }
  return whole;
}

/**
 * The plain bytes of a file whose stored bytes were verified already. `refuse` makes the error for contents that are not
 * what the manifest says.
 */
export async function plainBytesOf(
  stored: Uint8Array,
  { plainBytes }: StateFile,
  refuse: (reason: string) => Error,
): Promise<Uint8Array> {
  const { error, plain } = await decompressed(stored, plainBytes);
  if (error !== null) throw refuse(`it cannot be decompressed to ${plainBytes} bytes (${error.message})`);
  if (plain.length !== plainBytes) throw refuse(`it has ${plain.length} bytes instead of ${plainBytes}`);
  return plain;
}

/** Off the event loop, and never to more than `bytesMax`. */
const decompressed = (
  stored: Uint8Array,
  bytesMax: number,
): Promise<{ readonly error: Error | null; readonly plain: Uint8Array }> =>
  new Promise((resolve) => {
    zstdDecompress(stored, { maxOutputLength: bytesMax, chunkSize: chunkSizeFor(bytesMax) }, (error, plain) => {
      resolve({ error, plain });
    });
  });

/** Room for the whole output at once, within what zlib takes: one buffer, and nothing to be joined. */
const chunkSizeFor = (plainBytes: number): number => Math.min(Math.max(plainBytes, 1024), FILE_BYTES_MAX);

/** The blocks of a file, each with its structure checked before it is handed out. */
export function* blocksOf(
  plain: Uint8Array,
  file: StateFile,
  refuse: (reason: string) => Error,
): Generator<Uint8Array> {
  for (const { bytes } of checkedBlocksOf(plain, file, refuse)) yield bytes;
}

/** {@link blocksOf}, with what was read of each. At the end the file's sums were checked too. */
export function* checkedBlocksOf(
  plain: Uint8Array,
  file: StateFile,
  refuse: (reason: string) => Error,
): Generator<{ readonly bytes: Uint8Array; readonly view: BlockView }> {
  const lengths = new DataView(plain.buffer, plain.byteOffset, plain.length);
  const found = { rows: 0, deleted: 0, blocks: 0 };
  for (let at = 0; at < plain.length;) {
    const start = at + LENGTH_BYTES;
    const end = start <= plain.length ? start + lengths.getUint32(at, true) : Infinity;
    if (end > plain.length) throw refuse(`block ${found.blocks + 1} is cut off`);
    const bytes = plain.subarray(start, end);
    const view = readBlock(bytes, (reason) => refuse(`block ${found.blocks + 1}: ${reason}`));
    found.rows += view.rows;
    found.deleted += view.deleted;
    found.blocks += 1;
    yield { bytes, view };
    at = end;
  }
  for (const what of ['blocks', 'rows', 'deleted'] as const) {
    if (found[what] !== file[what]) throw refuse(`it holds ${found[what]} ${what} instead of ${file[what]}`);
  }
}
