import { TidemarkError, type PartitionIdentities, type PartitionOffsets } from '@tidemark/domain';
import type { Located, PartitionExtent, SeekableOffsets, SeekTo } from '@tidemark/engine';

export const PARTITION = '0';
/** Numbers count one by one up to 2^53 only. As many records again are left before it as a job could ever make. */
export const OFFSET_MAX = 2 ** 52;

/** The offsets of the source `rate`: any number, and a record for any time. */
export class RateOffsets implements SeekableOffsets {
  readonly unit = 'records';

  constructor(
    private readonly uid: string,
    private readonly perSecond: number,
  ) {}

  async extent(): Promise<{ readonly [partition: string]: PartitionExtent }> {
    return { [PARTITION]: { earliest: 0, latest: undefined } };
  }

  async seek(to: SeekTo): Promise<Located> {
    if (to === 'latest') {
      const reason = 'its records are made as batches ask for them, so there is no latest one';
      throw new TidemarkError('start_mode_unsupported', { source: this.uid, mode: to, reason });
    }
    const offset = to === 'earliest' ? 0 : Math.max(0, Math.ceil((to.timestampMs * this.perSecond) / 1_000));
    this.demandInRange(offset);
    return { offsets: { [PARTITION]: offset }, identities: {} };
  }

  async locate(offsets: PartitionOffsets): Promise<PartitionIdentities> {
    const unknown = Object.keys(offsets).find((partition) => partition !== PARTITION);
    if (unknown !== undefined) throw new TidemarkError('partition_unknown', { source: this.uid, partition: unknown });
    const offset = offsets[PARTITION];
    if (offset !== undefined) this.demandInRange(offset);
    return {};
  }

  private demandInRange(offset: number): void {
    if (offset <= OFFSET_MAX) return;
    const { uid: source } = this;
    throw new TidemarkError('offset_out_of_range', {
      ...{ source, partition: PARTITION, offset },
      ...{ earliest: 0, latest: OFFSET_MAX },
    });
  }

  async check(): Promise<void> {}

  async count(_partition: string, { from, to }: { readonly from: number; readonly to: number }): Promise<number> {
    return to - from;
  }
}
