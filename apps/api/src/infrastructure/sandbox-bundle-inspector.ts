import type { OnApplicationShutdown } from '@nestjs/common';
import { checkNode } from '@tidemark/connectors';
import type { BundleManifest } from '@tidemark/domain';
import { InMemoryColdStore, takeOver } from '@tidemark/engine';
import { refuseLargeMap, type SandboxHost } from '@tidemark/sandbox';
import { BundleInspector, type BundleFiles } from '../submit/bundle-inspector.js';

/** Nothing is kept of a trial. */
const openColdStore = () => Promise.resolve(new InMemoryColdStore());

/** Runs definitions in sandbox processes of this machine. */
export class SandboxBundleInspector extends BundleInspector implements OnApplicationShutdown {
  constructor(private readonly host: SandboxHost) {
    super();
  }

  override async inspect({ code, sourceMap }: BundleFiles): Promise<BundleManifest> {
    const manifest = await this.host.describe({ code, map: sourceMap });
    for (const node of manifest.nodes) checkNode(node, manifest.flow);
    return manifest;
  }

  override inspectMap(sourceMap: string): void {
    refuseLargeMap(sourceMap);
  }

  override async tryConversion(
    { code, sourceMap }: BundleFiles,
    { limits, shapes, verdicts, blocks }: Parameters<BundleInspector['tryConversion']>[1],
  ): Promise<void> {
    const graph = await this.host.start({ id: 'trial', code, map: sourceMap, limits, openColdStore });
    try {
      await takeOver(
        { convert: (...block) => graph.convert(...block), restore: () => Promise.resolve() },
        { shapes, blocks },
        verdicts,
      );
    } finally {
      graph.kill();
    }
  }

  override sandbox(): { readonly mode: 'required' | 'auto'; readonly missing: readonly string[] } {
    const { mode, missing } = this.host.status;
    return { mode, missing };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.host.close();
  }
}
