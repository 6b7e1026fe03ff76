import { Logger, type OnApplicationShutdown } from '@nestjs/common';
import { checkNode } from '@tidemark/connectors';
import type { BundleManifest } from '@tidemark/domain';
import { SandboxHost } from '@tidemark/sandbox';
import { BundleInspector, type BundleFiles } from '../submit/bundle-inspector.js';

/** Runs definitions in sandbox processes of this machine. */
export class SandboxBundleInspector extends BundleInspector implements OnApplicationShutdown {
  private constructor(private readonly host: SandboxHost) {
    super();
  }

  /** Tries the sandbox's own defences first. Throws `sandbox_unsafe` in the mode `required` if one is missing. */
  static async open(mode: 'required' | 'auto'): Promise<SandboxBundleInspector> {
    const log = new Logger('sandbox');
    return new SandboxBundleInspector(await SandboxHost.open({ mode, log: (line) => log.log(line) }));
  }

  override async inspect({ code, sourceMap }: BundleFiles): Promise<BundleManifest> {
    const manifest = await this.host.describe({ code, map: sourceMap });
    for (const node of manifest.nodes) checkNode(node);
    return manifest;
  }

  override sandbox(): { readonly mode: 'required' | 'auto'; readonly missing: readonly string[] } {
    const { mode, missing } = this.host.status;
    return { mode, missing };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.host.close();
  }
}
