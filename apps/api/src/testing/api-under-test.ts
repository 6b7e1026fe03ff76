import 'reflect-metadata';
import { InMemoryObjectStore, ObjectStore } from '@tidemark/checkpoint';
import {
  AuditTrail,
  Clock,
  DeadLetterStores,
  IdempotencyStore,
  IdSource,
  JobStores,
  OffsetStores,
  RecoveryStores,
  RetentionStore,
  RunnerDirectory,
  TenantStore,
  type ApiKeyId,
  type BundleManifest,
  type TenantId,
} from '@tidemark/domain';
import type { DynamicModule } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiModule } from '../api.module.js';
import { StreamBounds } from '../inspect/event-feed.js';
import { BundleInspector } from '../submit/bundle-inspector.js';
import { ConnectorSourceInspector } from '../infrastructure/connector-source-inspector.js';
import { SourceInspector } from '../start/source-inspector.js';
import { sha256OfKey } from '../tenancy/callers.js';
import { httpServer } from '../transport/http-server.js';
import type { SendingBounds } from '../transport/sending.js';
import { InMemoryAuditTrail } from './in-memory-audit-trail.js';
import { InMemoryDeadLetterStores } from './in-memory-dead-letter-stores.js';
import { InMemoryJobStores, type InMemoryTenant } from './in-memory-job-stores.js';
import { InMemoryOffsetStores } from './in-memory-offset-stores.js';
import { InMemoryRecoveryStores } from './in-memory-recovery-stores.js';
import { InMemoryRetentionStore } from './in-memory-retention-store.js';
import {
  FakeBundleInspector,
  FixedClock,
  InMemoryIdempotencyStore,
  InMemoryRunnerDirectory,
  UuidIds,
} from './in-memory-ports.js';
import { InMemoryTenantStore } from './in-memory-tenant-store.js';

export const BODY_BYTES_MAX = 256 * 1024;
export const STREAMS_PER_KEY = 2;

export interface Sent {
  readonly key?: string | undefined;
  readonly body?: unknown;
  readonly headers?: { readonly [name: string]: string };
}

export interface Received {
  readonly status: number;
  readonly headers: { readonly [name: string]: unknown };
  /** Parsed JSON; undefined where there is no body. */
  readonly body: unknown;
}

/** The whole API in this process, over stores that live and die with it. */
export class ApiUnderTest {
  readonly stores = new InMemoryJobStores();
  readonly offsets = new InMemoryOffsetStores(this.stores);
  readonly recovery = new InMemoryRecoveryStores(this.stores);
  readonly deadLetters = new InMemoryDeadLetterStores(this.stores);
  readonly retention = new InMemoryRetentionStore(this.stores);
  readonly trail = new InMemoryAuditTrail();
  readonly tenantStore = new InMemoryTenantStore();
  readonly idempotency = new InMemoryIdempotencyStore();
  readonly runners = new InMemoryRunnerDirectory();
  readonly inspector = new FakeBundleInspector();
  readonly objects = new InMemoryObjectStore();
  readonly ids = new UuidIds();
  readonly adminKey = 'an admin key'.replaceAll(' ', '-');
  readonly tenantKey = "a tenant's key".replaceAll(' ', '-');
  readonly otherKey = "another tenant's key".replaceAll(' ', '-');
  readonly tenantId: TenantId;
  readonly otherTenantId: TenantId;
  readonly adminKeyId: ApiKeyId;
  private server: NestFastifyApplication | undefined;

  private constructor(private readonly filesRoot: string | undefined) {
    this.tenantId = this.addTenant('one', this.tenantKey);
    this.otherTenantId = this.addTenant('other', this.otherKey);
    this.adminKeyId = this.addKey(this.adminKey, 'operations', undefined);
  }

  /** @param filesRoot where the folders of the tenants `one` and `other` are, for sources that read files */
  static async start(filesRoot?: string, more: { readonly sending?: SendingBounds } = {}): Promise<ApiUnderTest> {
    const api = new ApiUnderTest(filesRoot);
    const options = { bodyBytesMax: BODY_BYTES_MAX, logger: false, ...more } as const;
    api.server = await httpServer(ApiModule.over([api.ports()]), options);
    return api;
  }

  get tenant(): InMemoryTenant {
    return this.stores.tenant(this.tenantId);
  }

  /** Sends a request without a network, with the tenant's key unless another or none (`undefined`) is given. */
  async send(method: string, path: string, sent: Sent = {}): Promise<Received> {
    const key = 'key' in sent ? sent.key : this.tenantKey;
    const answer = await this.running().inject({
      method: method as 'GET',
      url: path,
      headers: {
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        ...(sent.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...sent.headers,
      },
      ...(sent.body === undefined
        ? {}
        : { payload: typeof sent.body === 'string' ? sent.body : JSON.stringify(sent.body) }),
    });
    const body: unknown = answer.payload === '' ? undefined : JSON.parse(answer.payload);
    return { status: answer.statusCode, headers: answer.headers, body };
  }

  /** Listens on loopback, for what needs a real connection. */
  async listen(): Promise<string> {
    await this.running().listen(0, '127.0.0.1');
    return this.running().getUrl();
  }

  async close(): Promise<void> {
    await this.running().close();
  }

  private running(): NestFastifyApplication {
    if (this.server === undefined) throw new Error('The API was not started.');
    return this.server;
  }

  private addTenant(name: string, key: string): TenantId {
    const id = this.ids.next('tenant');
    this.tenantStore.tenants.push({ id, name, createdAt: new Date(0) });
    this.addKey(key, `key of ${name}`, id);
    return id;
  }

  private addKey(key: string, label: string, tenantId: TenantId | undefined): ApiKeyId {
    const id = this.ids.next('apiKey');
    const role = tenantId === undefined ? 'admin' : 'tenant';
    void this.tenantStore.addKey({ id, tenantId, role, sha256: sha256OfKey(key), label });
    return id;
  }

  private ports(): DynamicModule {
    const bound = [
      { provide: JobStores, useValue: this.stores },
      { provide: OffsetStores, useValue: this.offsets },
      { provide: RecoveryStores, useValue: this.recovery },
      { provide: DeadLetterStores, useValue: this.deadLetters },
      {
        provide: SourceInspector,
        useValue: new ConnectorSourceInspector(this.filesRoot, this.objects, this.tenantStore),
      },
      { provide: RetentionStore, useValue: this.retention },
      { provide: AuditTrail, useValue: this.trail },
      { provide: TenantStore, useValue: this.tenantStore },
      { provide: IdempotencyStore, useValue: this.idempotency },
      { provide: RunnerDirectory, useValue: this.runners },
      { provide: ObjectStore, useValue: this.objects },
      { provide: BundleInspector, useValue: this.inspector },
      { provide: IdSource, useValue: this.ids },
      { provide: Clock, useValue: new FixedClock() },
      { provide: StreamBounds, useValue: new StreamBounds(100, STREAMS_PER_KEY) },
    ];
    return { module: class InMemoryPorts {}, providers: bound, exports: bound.map(({ provide }) => provide) };
  }
}

/** Code that the fake inspector understands. */
export function aBundle(manifest: Partial<BundleManifest> = {}): { readonly code: string } {
  const whole: BundleManifest = {
    definition: 1,
    name: 'a-job',
    batchIntervalMs: 500,
    poison: 'fail',
    nodes: [],
    shapes: {},
    ...manifest,
  };
  return { code: `// ${JSON.stringify(whole)}\nvar tidemarkJob = {};` };
}
