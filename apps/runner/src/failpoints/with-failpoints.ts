import { MANIFEST_NAME, type ObjectStore } from '@tidemark/checkpoint';
import type { RunStore } from '@tidemark/domain';
import type { SandboxHost } from '@tidemark/sandbox';
import type { Failpoints, Point } from './failpoints.js';

/** `{tenant}/{job}/t{timeline}/b{batch}-e{epoch}-{uuid}/manifest.json` */
const MANIFEST = new RegExp(`^[^/]+/([^/]+)/t\\d+/b\\d+-e\\d+-[^/]+/${MANIFEST_NAME}$`);

/** What a run works with, each with failpoints around what it does. Only tests put this between. */
export class WithFailpoints {
  private readonly names = new Map<string, string>();

  constructor(private readonly failpoints: Failpoints) {}

  runStore(store: RunStore): RunStore {
    return replacing(store, {
      claim: async (...args) => {
        const claimed = await store.claim(...args);
        if (claimed !== undefined) this.names.set(claimed.fence.jobId, claimed.jobName);
        return claimed;
      },
      writeBatch: async (fence, entry) => {
        const isPlan = entry.kind === 'plan' || entry.next !== undefined;
        if (entry.kind === 'commit') this.reach('after-sink', fence.jobId);
        if (isPlan) this.reach('before-plan', fence.jobId);
        const result = await store.writeBatch(fence, entry);
        if (entry.kind === 'commit') this.reach('after-commit', fence.jobId);
        if (isPlan) this.reach('after-plan', fence.jobId);
        return result;
      },
      completeCheckpoint: async (fence, ...checkpoint) => {
        const result = await store.completeCheckpoint(fence, ...checkpoint);
        this.reach('after-checkpoint', fence.jobId);
        return result;
      },
    });
  }

  objectStore(store: ObjectStore): ObjectStore {
    return replacing(store, {
      put: async (path, bytes) => {
        const jobId = MANIFEST.exec(path)?.[1];
        // The state files are there, and the manifest is not.
        if (jobId !== undefined) this.reach('mid-upload', jobId);
        await store.put(path, bytes);
        if (jobId !== undefined) this.reach('after-upload', jobId);
      },
    });
  }

  sandbox(host: SandboxHost): SandboxHost {
    return replacing(host, {
      start: async (job) => {
        const graph = await host.start(job);
        return replacing(graph, {
          run: (batch) => {
            const output = graph.run(batch);
            this.reach('mid-batch', job.id);
            return output;
          },
        });
      },
    });
  }

  private reach(point: Point, jobId: string): void {
    this.failpoints.reach(point, this.names.get(jobId) ?? jobId);
  }
}

/** The same object, with some methods of its own replaced. */
function replacing<T extends object>(target: T, methods: Partial<T>): T {
  const replaced = new Map<PropertyKey, unknown>(Object.entries(methods));
  return new Proxy(target, {
    get: (of, name) => {
      if (replaced.has(name)) return replaced.get(name);
      const value: unknown = Reflect.get(of, name, of);
      return typeof value === 'function' ? (value.bind(of) as unknown) : value;
    },
  });
}
