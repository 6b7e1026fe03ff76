import { own, TidemarkError } from '@tidemark/domain';
import type { AnyManifest } from '../manifest.js';
import type { ObjectStore } from '../object-store.port.js';
import { openManifest } from '../read-checkpoint.js';
import { filesOf } from '../read-state.js';
import { shapesOf } from '../state-shapes.js';
import type { StoredObjects } from '../stored-objects.js';
import { blocksNewestFirst } from './newest-first.js';
import {
  RangeCollector,
  VIEW_BOUNDS,
  type RowQuery,
  type RowRange,
  type Touched,
  type ViewBounds,
} from './row-range.js';

/** The state of one checkpoint, for looking at: no code of the job is needed, and memory does not grow with the state. */
export class StateView {
  private constructor(
    private readonly objects: StoredObjects,
    private readonly path: string,
    readonly manifest: AnyManifest,
    private readonly schemas: StateSchemas,
    readonly bounds: ViewBounds,
  ) {}

  /**
   * Reads the manifest and nothing else. Throws as `readCheckpoint` does.
   *
   * @param schemas JSON Schema of each operator's state, where one was declared: tells how a value is put together. Since
   * format 3 the manifest has them itself.
   */
  static async open(
    store: ObjectStore,
    path: string,
    {
      manifestSha256,
      schemas = {},
      bounds = VIEW_BOUNDS,
    }: { readonly manifestSha256: string; readonly schemas?: StateSchemas; readonly bounds?: ViewBounds },
  ): Promise<StateView> {
    const { objects, manifest } = await openManifest(store, path, manifestSha256);
    return new StateView(objects, path, manifest, { ...schemasIn(manifest), ...schemas }, bounds);
  }

  /** Of the operators with state, in order. */
  uids(): readonly string[] {
    return Object.keys(this.manifest.operators).sort();
  }

  kindOf(uid: string): string | undefined {
    return this.operator(uid)?.kind;
  }

  /** How much a look at an operator's state has to read, without the files that are `skipped`. */
  sizeOf(uid: string, skipped = 0): { readonly plainBytes: number; readonly entries: number } {
    const files = (this.operator(uid)?.files ?? []).slice(skipped);
    return {
      plainBytes: files.reduce((sum, file) => sum + file.plainBytes, 0),
      entries: files.reduce((sum, { rows, deleted = 0 }) => sum + rows + deleted, 0),
    };
  }

  /** Of how many files, from the first one on, the operator's state is made in both; those of format 1 are never shared. */
  filesSharedWith(other: StateView, uid: string): number {
    const [mine, yours] = [this.objectsOf(uid), other.objectsOf(uid)];
    const different = mine.findIndex((object, index) => object !== yours[index]);
    return different === -1 ? mine.length : different;
  }

  /**
   * Rows of one operator; none of one that the checkpoint does not have. Every file of the operator is read and verified
   * before any row is given. Throws `state_too_large_to_show`, and `checkpoint_unreadable`.
   */
  async rows(uid: string, query: RowQuery): Promise<RowRange> {
    return (await this.collected(uid, query)).finish();
  }

  /** The rows, in a range, that an operator's files change behind the first ones, which are `skipped`. Throws as {@link rows} does. */
  async touched(uid: string, skipped: number, query: RowQuery): Promise<Touched> {
    return (await this.collected(uid, query, skipped)).finishTouched();
  }

  private async collected(uid: string, query: RowQuery, skipped = 0): Promise<RangeCollector> {
    const { plainBytes } = this.sizeOf(uid);
    const bytesMax = this.bounds.readBytes;
    if (plainBytes > bytesMax) {
      throw new TidemarkError('state_too_large_to_show', { operator: uid, bytes: plainBytes, bytesMax });
    }
    const form = { kind: this.kindOf(uid) ?? '', schema: own(this.schemas, uid) };
    const collector = new RangeCollector(query, form, this.bounds);
    for await (const block of blocksNewestFirst(this.objects, this.manifest, uid, skipped)) collector.add(block);
    return collector;
  }

  private objectsOf(uid: string): readonly string[] {
    if (this.manifest.format === 1) return [];
    return filesOf(this.manifest, uid).map((file) => `${file.in ?? this.path}/${file.path}`);
  }

  private operator(uid: string): OperatorFiles | undefined {
    const operators: { readonly [uid: string]: OperatorFiles } = this.manifest.operators;
    return own(operators, uid);
  }
}

const schemasIn = (manifest: AnyManifest): StateSchemas =>
  Object.fromEntries(
    Object.entries(shapesOf(manifest)).flatMap(([uid, { schema }]) => (schema === undefined ? [] : [[uid, schema]])),
  );

/** What the manifests of all formats say of an operator. */
interface OperatorFiles {
  readonly kind: string;
  readonly files: readonly { readonly plainBytes: number; readonly rows: number; readonly deleted?: number }[];
}

/** By operator uid. */
export type StateSchemas = { readonly [uid: string]: unknown };
