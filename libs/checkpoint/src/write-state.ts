import { TidemarkError } from '@tidemark/domain';
import { BLOCK_BYTES_MAX, BlockFileWriter, type StateBlock } from './block-file.js';
import type { StateFile } from './manifest.js';
import type { ObjectStore } from './object-store.port.js';
import { readBlock } from './state-block.js';

export interface BlocksToWrite {
  /** The checkpoint's folder. */
  readonly path: string;
  readonly kind: StateFile['kind'];
  /** Whether the job has such an operator. */
  readonly known: (uid: string) => boolean;
  next(): Promise<StateBlock | undefined>;
}

/**
 * Pulls blocks to the end and stores them, a file for at most some 16 MiB of one operator. While one block is compressed
 * the next is pulled, and while one file is made durable the next is begun: no more than that is held in memory.
 * Answers with the files by uid. Throws `sandbox_spoke_nonsense` for a block that could not be read again.
 */
export async function writeState(
  store: ObjectStore,
  blocks: BlocksToWrite,
): Promise<ReadonlyMap<string, readonly StateFile[]>> {
  const files = new Files(store, blocks);
  let file: BlockFileWriter | undefined;
  try {
    for (let block = await blocks.next(); block !== undefined;) {
      check(block, blocks);
      if (file?.hasRoomFor(block) === false) {
        await files.store(file);
        file = undefined;
      }
      file ??= new BlockFileWriter(block.uid);
      // Both come to an end before either's failure is told: the snapshot takes one call at a time.
      const [pulled, added] = await Promise.allSettled([blocks.next(), file.add(block)]);
      if (added.status === 'rejected') throw added.reason;
      if (pulled.status === 'rejected') throw pulled.reason;
      block = pulled.value;
    }
    if (file !== undefined) await files.store(file);
    return await files.finish();
  } catch (error) {
    file?.destroy();
    await files.settle();
    throw error;
  }
}

/** The files of one checkpoint, as they become durable one after the other. */
class Files {
  private readonly written = new Map<string, StateFile[]>();
  private count = 0;
  private storing: Promise<void> = Promise.resolve();

  constructor(
    private readonly objects: ObjectStore,
    private readonly checkpoint: Pick<BlocksToWrite, 'path' | 'kind'>,
  ) {}

  /** Resolves when the file before this one is durable. */
  async store(file: BlockFileWriter): Promise<void> {
    const { stored, ...rest } = await file.finish();
    await this.storing;
    this.count += 1;
    const path = `state/${this.count}.tmb.zst`;
    const files = this.written.get(file.uid) ?? [];
    this.written.set(file.uid, [...files, { path, kind: this.checkpoint.kind, ...rest }]);
    this.storing = this.objects.put(`${this.checkpoint.path}/${path}`, stored);
    this.storing.catch(() => undefined);
  }

  async finish(): Promise<ReadonlyMap<string, readonly StateFile[]>> {
    await this.storing;
    return this.written;
  }

  async settle(): Promise<void> {
    await this.storing.catch(() => undefined);
  }
}

/** The bytes come from the sandbox. What is written here must be readable later, so nothing is taken on trust. */
function check({ uid, bytes, rows, deleted }: StateBlock, { known }: BlocksToWrite): void {
  const refuse = (reason: string): Error =>
    new TidemarkError('sandbox_spoke_nonsense', { reason: `a block of state cannot be kept: ${reason}` });
  if (!known(uid)) throw refuse(`"${uid.slice(0, 200)}" is no operator of the job`);
  if (bytes.length > BLOCK_BYTES_MAX) throw refuse(`it has ${bytes.length} bytes`);
  const read = readBlock(bytes, refuse);
  if (read.rows !== rows || read.deleted !== deleted) throw refuse('it does not hold the rows that were announced');
}
