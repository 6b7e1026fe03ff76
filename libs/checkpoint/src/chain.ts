import type { CheckpointManifest, StateFile } from './manifest.js';

/** A checkpoint that deltas can be written on top of, with all the files that hold its state. */
export interface CheckpointChain {
  readonly path: string;
  readonly batchId: number;
  /** The folders that a delta on top of it builds on: its base's first, then those of deltas that wrote files. */
  readonly folders: readonly string[];
  /** By operator uid, in the order in which they are applied; every one says in which folder it lies. */
  readonly files: { readonly [uid: string]: readonly (StateFile & { readonly in: string })[] };
}

/** What a delta on top of the checkpoint at `path` goes on from. */
export function chainOf(path: string, manifest: CheckpointManifest): CheckpointChain {
  const operators = Object.entries(manifest.operators);
  const wrote = operators.some(([, { files }]) => files.some((file) => file.in === undefined));
  return {
    path,
    batchId: manifest.batchId,
    // A checkpoint of a job that did nothing adds no folder: the list stays as short as the chain of files.
    folders: wrote || manifest.parent === null ? [...manifest.buildsOn, path] : manifest.buildsOn,
    files: Object.fromEntries(operators.map(([uid, { files }]) => [uid, files.map((file) => ({ in: path, ...file }))])),
  };
}

/** A restore reads every delta; ten keep that, and what one damaged file takes with it, to some minutes of work. */
const DELTAS_MAX = 10;
/** Beyond this part of the base's stored bytes, a restore reads too much that was replaced since. */
const DELTA_SHARE_MAX = 0.5;
/** The last one of a run, for whose end somebody waits, is a delta for as long again; the next one that is due is whole then. */
const AWAITED_FACTOR = 2;

/**
 * Whether the next checkpoint is a whole copy of the state or what changed since the one before. Pure.
 *
 * @param isAwaited whether somebody waits for the run to end, which it does when this one is written
 */
export function snapshotKind(chain: ChainSize | undefined, isAwaited = false): 'full' | 'delta' {
  const factor = isAwaited ? AWAITED_FACTOR : 1;
  if (chain === undefined || chain.deltas >= factor * DELTAS_MAX) return 'full';
  return chain.deltaBytes > chain.baseBytes * factor * DELTA_SHARE_MAX ? 'full' : 'delta';
}

export interface ChainSize {
  /** Stored bytes. */
  readonly baseBytes: number;
  readonly deltaBytes: number;
  /** Checkpoints on top of the base that wrote files. */
  readonly deltas: number;
}

export function sizeOf({ files, folders }: CheckpointChain): ChainSize {
  const all = Object.values(files).flat();
  const bytes = (kind: StateFile['kind']): number =>
    all.reduce((sum, file) => sum + (file.kind === kind ? file.bytes : 0), 0);
  return { baseBytes: bytes('base'), deltaBytes: bytes('delta'), deltas: Math.max(0, folders.length - 1) };
}
