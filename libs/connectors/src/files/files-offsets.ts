import { TidemarkError, type PartitionIdentities, type PartitionOffsets } from '@tidemark/domain';
import type { Located, PartitionExtent, SeekableOffsets, SeekTo } from '@tidemark/engine';
import type { FileHandle } from 'node:fs/promises';
import { identityOf, isBehindNewline, surroundingsOf } from './file-identity.js';
import type { InputFolder } from './input-folder.js';
import { countLines, endOfLastLine, endOfLine } from './line-scanner.js';

/** More than this is not read only to tell how many lines it holds. */
const COUNTED_BYTES_MAX = 16 * 1024 * 1024;

/** The offsets of the source `files`: positions behind a newline, in files that are there. */
export class FilesOffsets implements SeekableOffsets {
  readonly unit = 'bytes';

  constructor(private readonly folder: InputFolder) {}

  async extent(): Promise<{ readonly [partition: string]: PartitionExtent }> {
    const found: [string, PartitionExtent][] = [];
    for (const name of await this.folder.names()) {
      const latest = await this.folder.withFile(name, endOfFile);
      if (latest !== undefined) found.push([name, { earliest: 0, latest }]);
    }
    return Object.fromEntries(found);
  }

  async seek(to: SeekTo): Promise<Located> {
    if (typeof to === 'object') {
      const reason = 'files do not tell when their lines were written';
      throw new TidemarkError('start_mode_unsupported', { source: this.folder.uid, mode: 'timestamp', reason });
    }
    const found = Object.entries(await this.extent()).map(
      ([name, { earliest, latest = 0 }]) => [name, to === 'earliest' ? earliest : latest] as const,
    );
    const offsets = Object.fromEntries(found);
    return { offsets, identities: await this.locate(offsets) };
  }

  async locate(offsets: PartitionOffsets): Promise<PartitionIdentities> {
    const names = new Set(await this.folder.names());
    const found: [string, string][] = [];
    for (const [name, offset] of Object.entries(offsets)) {
      const identity = names.has(name)
        ? await this.folder.withFile(name, (file) => this.identityAt(file, name, offset))
        : undefined;
      if (identity === undefined)
        throw new TidemarkError('partition_unknown', { source: this.folder.uid, partition: name });
      found.push([name, identity]);
    }
    return Object.fromEntries(found);
  }

  async check({ offsets: from, identities }: Located): Promise<void> {
    const upTo = { from, identities };
    await this.folder.grown(upTo);
    for (const name of await this.folder.names())
      await this.folder.withFile(name, (file) => this.folder.demandUnchanged(file, name, upTo));
  }

  async count(
    partition: string,
    { from, to }: { readonly from: number; readonly to: number },
  ): Promise<number | undefined> {
    if (to - from > COUNTED_BYTES_MAX || !(await this.folder.names()).includes(partition)) return undefined;
    return this.folder.withFile(partition, (file) => countLines(file, from, to));
  }

  private async identityAt(file: FileHandle, partition: string, offset: number): Promise<string> {
    const { uid: source } = this.folder;
    const latest = await endOfFile(file);
    const found = offset > latest ? undefined : await surroundingsOf(file, offset);
    if (found === undefined)
      throw new TidemarkError('offset_out_of_range', { source, partition, offset, earliest: 0, latest });
    if (!isBehindNewline(found)) {
      const before = await endOfLastLine(file, { from: 0, size: offset });
      const after = await endOfLine(file, offset);
      throw new TidemarkError('offset_inside_record', { source, partition, offset, before, after });
    }
    return identityOf(file, found, Math.max(offset, (await file.stat()).size));
  }
}

const endOfFile = async (file: FileHandle): Promise<number> =>
  endOfLastLine(file, { from: 0, size: (await file.stat()).size });
