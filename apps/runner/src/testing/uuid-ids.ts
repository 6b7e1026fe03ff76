import { IdSource } from '@tidemark/domain';
import { v7 } from 'uuid';

/** Ids as they are made outside of tests. */
export class UuidIds extends IdSource {
  protected override uuid(): string {
    return v7();
  }
}
