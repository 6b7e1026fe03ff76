import { isUtf8 } from 'node:buffer';
import { lstat, readdir, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { knownSince, own, TidemarkError, type PartitionIdentities, type PartitionOffsets } from '@tidemark/domain';
import { refused, type ConnectorContext } from '../connector.js';
import { isCode } from '../durable-file.js';
import { openInside, TenantFolder, tenantRoot, type Opened } from '../tenant-folder.js';
import { shownPath } from '../tenant-path.js';
import {
  beginsAs,
  fits,
  isBehindNewline,
  onDiskOf,
  parseIdentity,
  surroundingsOf,
  type FileIdentity,
  type Surroundings,
} from './file-identity.js';
import { missingBytes } from './missing-bytes.js';

const FILES_MAX = 10_000;
/** What a name that is not valid UTF-8 has in place of what cannot be read; a valid one may hold it too. */
const REPLACEMENT = '\uFFFD';
const GONE =
  'the file is gone, with bytes that are still to be read. Put it back, or go on without it ("tidemark offsets reset")';

/** Where a job stands in the files of a folder. */
export interface ReadUpTo {
  readonly from: PartitionOffsets;
  readonly identities?: PartitionIdentities | undefined;
}

/** A file that has bytes after those that were read. */
export interface GrownFile {
  readonly name: string;
  readonly from: number;
  readonly size: number;
}

/** The files of one directory, held against what is known of them. */
export class InputFolder {
  private index: { readonly of: PartitionIdentities; readonly names: ReadonlyMap<string, string> } | undefined;

  private readonly folder: string;
  private readonly shown: string;
  /** Where the tenant's files really were when that was last looked up. */
  private root: string | undefined;

  private constructor(
    readonly uid: string,
    private readonly path: string,
    private readonly context: ConnectorContext,
  ) {
    this.folder = join(context.filesRoot, context.tenantName, path);
    this.shown = shownPath(context, path);
  }

  /** Throws `source_missing`, `connector_refused`, `source_unavailable`. */
  static async open(uid: string, path: string, context: ConnectorContext): Promise<InputFolder> {
    const folder = new InputFolder(uid, path, context);
    await folder.names();
    return folder;
  }

  /** Names of the files that count, in order. Throws `source_missing`, `connector_refused`. */
  async names(): Promise<readonly string[]> {
    const entries = await this.inFolder((path) => readdir(path, { withFileTypes: true }));
    const names = entries.filter((entry) => entry.isFile() && counts(entry.name)).map((entry) => entry.name);
    if (names.length > FILES_MAX) {
      const what = `the directory "${this.shown}" holds more than ${FILES_MAX} files`;
      throw missing(this.uid, what, 'Move away what has been read');
    }
    if (names.some((name) => name.includes(REPLACEMENT))) await this.demandReadable();
    return names.sort();
  }

  /** Throws `source_missing` for a file whose name is no text: it cannot be named in a plan, and would never be read. */
  private async demandReadable(): Promise<void> {
    const entries = await this.inFolder((path) => readdir(path, { withFileTypes: true, encoding: 'buffer' }));
    const unreadable = entries.find((entry) => entry.isFile() && !isUtf8(entry.name) && counts(entry.name.toString()));
    if (unreadable === undefined) return;
    const what = `the directory "${this.shown}" holds a file whose name is not valid UTF-8 ("${unreadable.name.toString()}")`;
    throw missing(this.uid, what, 'Rename it');
  }

  /**
   * Throws `offsets_expired` for a file that is shorter than what was read of it, or gone with what was not read yet, or what
   * was read and is to be read again because the job has gone back.
   */
  async grown({ from, identities = {} }: ReadUpTo): Promise<readonly GrownFile[]> {
    const names = await this.names();
    const files = await Promise.all(
      // A file that was never seen begins at its beginning.
      names.map(async (name) => ({ name, from: own(from, name) ?? 0, size: await this.sizeOf(name) })),
    );
    this.demandHeld({ from, identities }, new Map(files.map(({ name, size }) => [name, size])));
    return files.flatMap(({ name, from: start, size }) =>
      size !== undefined && size > start ? [{ name, from: start, size }] : [],
    );
  }

  /**
   * What stands before the place up to which a file was read. Throws `offsets_expired`, `partition_replaced` or
   * `partition_renamed` where it is not the file that was read there.
   */
  async demandUnchanged(file: FileHandle, name: string, upTo: ReadUpTo): Promise<Surroundings> {
    const offset = own(upTo.from, name);
    if (offset === undefined) await this.demandNew(file, name, upTo);
    const found = await surroundingsOf(file, offset ?? 0);
    const known = identityIn(upTo, name);
    if (found === undefined) {
      throw this.expired(name, { from: (await file.stat()).size, to: offset ?? 0 }, 'the file is shorter now');
    }
    if (known !== undefined && !fits(found, known)) throw this.replaced(name, offset ?? 0);
    await this.demandSame(file, name, upTo);
    if (!isBehindNewline(found)) {
      const reason = 'the file was replaced: what was read of it did not end there';
      throw this.expired(name, { from: 0, to: found.offset }, reason);
    }
    return found;
  }

  /** Undefined if the file is gone. Throws `connector_refused` for one that lies outside of the tenant's files by now. */
  async withFile<T>(name: string, use: (file: FileHandle) => Promise<T>): Promise<T | undefined> {
    let opened: Opened<FileHandle>;
    try {
      opened = await this.openFile(name);
    } catch (error) {
      if (isCode(error, 'ENOENT')) return undefined;
      if (isCode(error, 'ELOOP')) throw refused(this.uid, `"${this.shown}/${name}" is a symbolic link`);
      throw this.unavailable(error);
    }
    if (opened.outcome === 'outside') throw this.leadsOut();
    const file = opened.it;
    try {
      return await use(file);
    } finally {
      await file.close();
    }
  }

  expired(partition: string, range: { readonly from: number; readonly to: number }, reason: string): TidemarkError {
    const { from, to } = range;
    return new TidemarkError('offsets_expired', { source: this.uid, partition, from, to, reason });
  }

  private async openFile(name: string): Promise<Opened<FileHandle>> {
    const path = join(this.folder, name);
    const opened = this.root === undefined ? undefined : await openInside(path, this.root);
    if (opened?.outcome === 'opened') return opened;
    // All of the tenant's files may lie elsewhere by now.
    this.root = await tenantRoot(this.context);
    return openInside(path, this.root);
  }

  /** Looked up anew each time: what was a folder may be a link to another by now. */
  private async inFolder<T>(act: (path: string) => Promise<T>): Promise<T> {
    let opened: Opened<TenantFolder>;
    try {
      opened = await TenantFolder.open(this.context, this.path);
    } catch (error) {
      if (isCode(error, 'ENOENT')) {
        const what = `the directory "${this.shown}" does not exist below the service's files folder`;
        throw missing(this.uid, what, 'Make it');
      }
      if (isCode(error, 'ENOTDIR')) {
        throw missing(this.uid, `"${this.shown}" is not a directory`, 'Put a directory there');
      }
      throw this.unavailable(error);
    }
    if (opened.outcome === 'outside') throw this.leadsOut();
    const folder = opened.it;
    try {
      return await act(folder.path);
    } catch (error) {
      throw this.unavailable(error);
    } finally {
      await folder.close();
    }
  }

  private leadsOut(): TidemarkError {
    return refused(this.uid, `option "path": "${this.path}" leads out of your files folder`);
  }

  private replaced(partition: string, offset: number): TidemarkError {
    const reason = 'other bytes stand before that place';
    return new TidemarkError('partition_replaced', { source: this.uid, partition, offset, reason });
  }

  private demandHeld({ from, identities = {} }: ReadUpTo, sizes: ReadonlyMap<string, number | undefined>): void {
    for (const [name, offset] of Object.entries(from)) {
      const size = sizes.get(name);
      if (size !== undefined && size < offset) throw this.shorter(name, { size, offset });
    }
    for (const [name, identity] of Object.entries(identities)) {
      const offset = own(from, name) ?? 0;
      const size = sizes.get(name);
      if (size !== undefined) {
        const read = knownSince(identity)?.offset ?? 0;
        if (read > offset && size < read) throw this.shorter(name, { size, offset: read });
        continue;
      }
      // A file that was read to its end may be removed. Of one that nothing is known of, that cannot be said.
      const gone = missingBytes(offset, identity);
      if (gone !== undefined) throw this.expired(name, gone, GONE);
    }
  }

  private shorter(name: string, { size, offset }: { readonly size: number; readonly offset: number }): TidemarkError {
    return this.expired(name, { from: size, to: offset }, `the file has only ${size} bytes now`);
  }

  /** Throws `partition_replaced` for another file than the one that was read further, before the job has gone back in it. */
  private async demandSame(file: FileHandle, name: string, { from, identities = {} }: ReadUpTo): Promise<void> {
    const since = knownSince(own(identities, name) ?? '');
    if (since === undefined || since.offset <= (own(from, name) ?? 0)) return;
    const known = parseIdentity(since.identity);
    if (known === undefined || (await onDiskOf(file)) === known.onDisk) return;
    const found = await surroundingsOf(file, since.offset);
    // What was read may have been put right, in a file that was written anew. It still begins alike then.
    if (found !== undefined && !beginsAs(found, known)) throw this.replaced(name, since.offset);
  }

  /** Throws `partition_renamed` for a file that was read under another name, which is not its name any more. */
  private async demandNew(file: FileHandle, name: string, upTo: ReadUpTo): Promise<void> {
    const onDisk = await onDiskOf(file);
    const before = this.namesOnDisk(upTo.identities).get(onDisk);
    const offset = before === undefined ? undefined : own(upTo.from, before);
    const known = before === undefined ? undefined : identityIn(upTo, before);
    if (before === undefined || offset === undefined || offset === 0 || known === undefined) return;
    if ((await this.withFile(before, onDiskOf)) === onDisk) return;
    const found = await surroundingsOf(file, offset);
    if (found !== undefined && fits(found, known))
      throw new TidemarkError('partition_renamed', { source: this.uid, partition: name, before, offset });
  }

  /** Names by what is on disk, of the files that were read. Made once for all files of a plan. */
  private namesOnDisk(identities: PartitionIdentities = {}): ReadonlyMap<string, string> {
    if (this.index?.of === identities) return this.index.names;
    const names = new Map(
      Object.entries(identities).flatMap(([name, text]) => {
        const known = parseIdentity(text);
        return known === undefined ? [] : [[known.onDisk, name] as const];
      }),
    );
    this.index = { of: identities, names };
    return names;
  }

  private async sizeOf(name: string): Promise<number | undefined> {
    try {
      return (await lstat(join(this.folder, name))).size;
    } catch (error) {
      if (isCode(error, 'ENOENT')) return undefined;
      throw this.unavailable(error);
    }
  }

  private unavailable(error: unknown): TidemarkError {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    return new TidemarkError(
      'source_unavailable',
      { source: this.uid, reason: `${code} in "${this.shown}"` },
      { cause: error },
    );
  }
}

function identityIn({ identities = {} }: ReadUpTo, name: string): FileIdentity | undefined {
  const text = own(identities, name);
  return text === undefined ? undefined : parseIdentity(text);
}

/** A run has ended with it, or would: the job is not tried again by itself. */
const missing = (uid: string, what: string, mend: string): TidemarkError =>
  new TidemarkError('source_missing', {
    source: uid,
    what: `${what}. ${mend}, then start the job again with "tidemark start <job>"`,
  });

/** `_` and `.` begin the names of what is not input: commit logs, temporary files, and `__proto__`. */
export const counts = (name: string): boolean => !/^[._]|\.tmp$|\//.test(name);
