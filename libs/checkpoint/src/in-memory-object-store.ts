import { TidemarkError } from '@tidemark/domain';
import { objectSegments } from './object-path.js';
import { ObjectStore } from './object-store.port.js';

/** A store that lives and dies with its process, for tests and examples. */
export class InMemoryObjectStore extends ObjectStore {
  private readonly objects = new Map<string, Uint8Array>();

  override async put(path: string, bytes: Uint8Array): Promise<void> {
    const segments = objectSegments(path);
    if (this.objects.has(path) || this.below(path).length > 0) throw new TidemarkError('object_exists', { path });
    const parents = segments.slice(1).map((_, index) => segments.slice(0, index + 1).join('/'));
    if (parents.some((parent) => this.objects.has(parent))) {
      throw new TidemarkError('object_path_refused', { path, reason: 'a part of it is an object' });
    }
    this.objects.set(path, Uint8Array.from(bytes));
  }

  override async get(path: string): Promise<Uint8Array> {
    objectSegments(path);
    const bytes = this.objects.get(path);
    if (bytes === undefined) throw new TidemarkError('object_missing', { path });
    return Uint8Array.from(bytes);
  }

  override async remove(path: string): Promise<void> {
    objectSegments(path);
    this.objects.delete(path);
  }

  override async list(prefix: string): Promise<readonly string[]> {
    objectSegments(prefix);
    return this.below(prefix).sort();
  }

  override async folders(prefix: string): Promise<readonly string[]> {
    const depth = objectSegments(prefix).length;
    const deeper = this.below(prefix)
      .map((path) => path.split('/'))
      .filter(({ length }) => length > depth + 1);
    return [...new Set(deeper.map((segments) => segments[depth] ?? ''))].sort();
  }

  private below(prefix: string): string[] {
    return [...this.objects.keys()].filter((path) => path.startsWith(`${prefix}/`));
  }
}
