import {
  Clock,
  IdempotencyStore,
  IdSource,
  RunnerDirectory,
  type BundleManifest,
  type RunnerRecord,
  type TenantId,
} from '@tidemark/domain';
import { refuseLargeMap } from '@tidemark/sandbox';
import { v7 } from 'uuid';
import { BundleInspector, type BundleFiles } from '../submit/bundle-inspector.js';

type Begun = Awaited<ReturnType<IdempotencyStore['begin']>>;
type Scope = { readonly tenantId: TenantId; readonly key: string };

export class InMemoryIdempotencyStore extends IdempotencyStore {
  private readonly keys = new Map<
    string,
    { readonly requestSha256: string; answer?: { status: number; body: unknown } }
  >();

  override async begin(key: Scope & { readonly requestSha256: string }): Promise<Begun> {
    const known = this.keys.get(nameOf(key));
    if (known === undefined) {
      this.keys.set(nameOf(key), { requestSha256: key.requestSha256 });
      return { outcome: 'unanswered' };
    }
    if (known.requestSha256 !== key.requestSha256) return { outcome: 'other_request' };
    return known.answer === undefined ? { outcome: 'unanswered' } : { outcome: 'repeat', ...known.answer };
  }

  /** A process that dies before it stores its answer, as far as the next one can tell. */
  diesBeforeComplete = false;

  override async complete(key: Scope, answer: { readonly status: number; readonly body: unknown }): Promise<void> {
    const known = this.keys.get(nameOf(key));
    if (known !== undefined && !this.diesBeforeComplete)
      known.answer = { status: answer.status, body: structuredClone(answer.body) };
  }

  override async abandon(key: Scope): Promise<void> {
    this.keys.delete(nameOf(key));
  }
}

const nameOf = ({ tenantId, key }: Scope): string => `${tenantId}/${key}`;

export class InMemoryRunnerDirectory extends RunnerDirectory {
  readonly runners: RunnerRecord[] = [];
  /** What the database answers when it is asked whether it is there. */
  pingOutcome: () => Promise<void> = () => Promise.resolve();

  override async list(): Promise<readonly RunnerRecord[]> {
    return this.runners;
  }

  override async ping(): Promise<void> {
    await this.pingOutcome();
  }
}

/** Takes the manifest from the first line of the code, a comment, and notes what it was shown. */
export class FakeBundleInspector extends BundleInspector {
  readonly inspected: BundleFiles[] = [];
  missing: readonly string[] = [];
  /** What happens before a manifest is found; a test that wants a refusal throws here. */
  before: () => Promise<void> = () => Promise.resolve();

  override async inspect(files: BundleFiles): Promise<BundleManifest> {
    this.inspected.push(files);
    await this.before();
    return JSON.parse(files.code.split('\n', 1)[0]?.replace(/^\/\/ /, '') ?? '') as BundleManifest;
  }

  readonly inspectedMaps: string[] = [];

  override inspectMap(sourceMap: string): void {
    this.inspectedMaps.push(sourceMap);
    refuseLargeMap(sourceMap);
  }

  /** What happens where state is to be converted. */
  convert: (state: Parameters<BundleInspector['tryConversion']>[1]) => Promise<void> = () => Promise.resolve();

  override tryConversion(...[, state]: Parameters<BundleInspector['tryConversion']>): Promise<void> {
    return this.convert(state);
  }

  override sandbox(): ReturnType<BundleInspector['sandbox']> {
    return { mode: 'auto', missing: this.missing };
  }
}

export class UuidIds extends IdSource {
  protected override uuid(): string {
    return v7();
  }
}

export class FixedClock extends Clock {
  override nowMs(): number {
    return Date.UTC(2026, 0, 1);
  }
}
