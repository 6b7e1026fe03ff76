import { IdSource } from '@tidemark/domain';

/** Ids that count, so that they sort by creation, and are the same in the same history. */
export class CountedIds extends IdSource {
  private count = 0;

  constructor(private readonly prefix = '') {
    super();
  }

  protected override uuid(): string {
    this.count += 1;
    return `${this.prefix}${String(this.count).padStart(32 - this.prefix.length, '0')}`;
  }
}
