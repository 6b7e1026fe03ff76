import type { ObjectStore } from '@tidemark/checkpoint';
import {
  Connections,
  EgressPolicy,
  isSeekable,
  openSource,
  type ConnectorContext,
  type SeekableOffsets,
} from '@tidemark/connectors';
import { TidemarkError, type TenantStore } from '@tidemark/domain';
import { SourceInspector, type SourceOfJob } from '../start/source-inspector.js';

/** Opens sources of this machine. Only those are opened that opening does nothing to. */
export class ConnectorSourceInspector extends SourceInspector {
  constructor(
    private readonly filesRoot: string | undefined,
    private readonly objects: ObjectStore,
    private readonly tenants: TenantStore,
  ) {
    super();
  }

  override async look<T>(of: SourceOfJob, look: (offsets: SeekableOffsets) => Promise<T>): Promise<T> {
    const { node } = of;
    const uid = node.uid ?? '';
    if (!isSeekable(node)) throw notSettable(uid);
    const source = await openSource(node, await this.contextOf(of));
    try {
      if (source.seekable === undefined) throw notSettable(uid);
      return await look(source.seekable);
    } finally {
      await source.close();
    }
  }

  private async contextOf({ tenantId, jobId, node }: SourceOfJob): Promise<ConnectorContext> {
    const tenant = await this.tenants.findTenant(tenantId);
    if (tenant === undefined) throw new TidemarkError('thing_not_found', { thing: 'tenant', id: tenantId });
    if (this.filesRoot === undefined && node.connector === 'files')
      throw new TidemarkError('source_out_of_reach', { source: node.uid ?? '', setting: 'TIDEMARK_FILES_DIR' });
    return {
      tenantName: tenant.name,
      tenantId,
      jobId,
      // Nothing is ever written under it: a source that can be sought in is only read.
      epoch: 0,
      filesRoot: this.filesRoot ?? '',
      objects: this.objects,
      connections: new Connections(undefined),
      egress: new EgressPolicy({ allow: [], deny: [] }),
      log: () => Promise.resolve(),
    };
  }
}

const notSettable = (source: string): TidemarkError =>
  new TidemarkError('offsets_not_settable', { source, reason: 'it can only be read on from where it is' });
