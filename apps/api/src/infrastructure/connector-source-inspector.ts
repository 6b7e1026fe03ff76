import { walFolder, type ObjectStore } from '@tidemark/checkpoint';
import {
  Connections,
  EgressPolicy,
  isSeekable,
  openSource,
  type ConnectorContext,
  type SeekableOffsets,
} from '@tidemark/connectors';
import { isTidemarkError, own, TidemarkError, type PartitionRange, type TenantStore } from '@tidemark/domain';
import type { InputChunk } from '@tidemark/engine';
import { SourceInspector, type RecordedRanges, type SourceOfJob } from '../start/source-inspector.js';

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

  override async readAgain(of: SourceOfJob, { ranges, identities }: RecordedRanges): Promise<readonly InputChunk[]> {
    const { node } = of;
    // What cannot be read twice was stored before it was planned; opening such a source would do something to it.
    if (!isSeekable(node)) return this.readHeld(of, ranges);
    const source = await openSource(node, await this.contextOf(of));
    try {
      // Of a partition that the batch only has seen, nothing is to be there.
      const read = Object.entries(ranges).filter(([, { from, to }]) => from < to);
      const ends = Object.fromEntries(read.map(([partition, { to }]) => [partition, to]));
      const known = Object.entries(identities).filter(([partition]) => own(ends, partition) !== undefined);
      await source.seekable?.check({ offsets: ends, identities: Object.fromEntries(known) });
      return await source.read(Object.fromEntries(read));
    } finally {
      await source.close();
    }
  }

  private async readHeld(of: SourceOfJob, ranges: RecordedRanges['ranges']): Promise<readonly InputChunk[]> {
    const folder = walFolder(of);
    return Promise.all(
      Object.entries(ranges).map(async ([partition, range]) => {
        const { held } = range;
        if (held?.startsWith(`${folder}/`) !== true) throw expired(of, partition, range, 'it was read and not kept');
        const bytes = await this.objects.get(held).catch((error: unknown) => {
          if (isTidemarkError(error) && error.code === 'object_missing')
            throw expired(of, partition, range, 'what was kept of it is gone');
          throw error;
        });
        return { partition, range, offsetUnit: 'records' as const, bytes };
      }),
    );
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

function expired(
  { node }: SourceOfJob,
  partition: string,
  { from, to }: PartitionRange,
  reason: string,
): TidemarkError {
  return new TidemarkError('offsets_expired', { source: node.uid ?? '', partition, from, to, reason });
}
