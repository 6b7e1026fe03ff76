import { ObjectStore } from '@tidemark/checkpoint';
import { TidemarkError } from '@tidemark/domain';
import type { Process, Stage } from './stage.js';

/** Everything that is stored, and what was done to it. */
export class Disk {
  readonly objects = new Map<string, Uint8Array>();
  /** When each object was put. */
  readonly putAtMs = new Map<string, number>();
  /** Whose bytes are not what was written: torn, or damaged by chance. */
  readonly damaged = new Set<string>();
  /** Whether an upload was torn. */
  isTorn = false;
  onRemove: (path: string) => void = () => undefined;

  list(prefix: string): readonly string[] {
    return [...this.objects.keys()].filter((path) => path.startsWith(`${prefix}/`)).sort();
  }
}

/** The object store as one process has it. An upload may be torn: part of it is there, and the process is told or dies. */
export class StageObjects extends ObjectStore {
  constructor(
    private readonly disk: Disk,
    private readonly stage: Stage,
    private readonly process: Process,
    private readonly tears: () => boolean,
  ) {
    super();
  }

  override put(path: string, bytes: Uint8Array): Promise<void> {
    return this.call(`put ${shortened(path)}`, () => {
      if (this.disk.objects.has(path)) throw new TidemarkError('object_exists', { path });
      const isTorn = this.tears();
      this.disk.objects.set(path, isTorn ? bytes.slice(0, bytes.length >> 1) : Uint8Array.from(bytes));
      this.disk.putAtMs.set(path, this.stage.nowMs);
      if (!isTorn) return;
      this.disk.damaged.add(path);
      this.disk.isTorn = true;
      throw new TidemarkError('store_full', { path });
    });
  }

  override get(path: string): Promise<Uint8Array> {
    return this.call(`get ${shortened(path)}`, () => {
      const bytes = this.disk.objects.get(path);
      if (bytes === undefined) throw new TidemarkError('object_missing', { path });
      return Uint8Array.from(bytes);
    });
  }

  override remove(path: string): Promise<void> {
    return this.call(`remove ${shortened(path)}`, () => {
      if (this.disk.objects.delete(path)) this.disk.onRemove(path);
    });
  }

  override list(prefix: string): Promise<readonly string[]> {
    return this.call(`list ${shortened(prefix)}`, () => this.disk.list(prefix));
  }

  override folders(prefix: string): Promise<readonly string[]> {
    const depth = prefix.split('/').length;
    return this.call(`folders of ${shortened(prefix)}`, () => {
      const names = this.disk.list(prefix).map((path) => path.split('/'));
      return [...new Set(names.filter(({ length }) => length > depth + 1).map((parts) => parts[depth] ?? ''))].sort();
    });
  }

  private call<T>(name: string, work: () => T): Promise<T> {
    return this.stage.call(this.process, name, work);
  }
}

/** Without the zeros that counted ids begin with. */
const shortened = (path: string): string => path.replaceAll(/0{8,}/g, '…');
