import { IdSource } from '@tidemark/domain';
import { Injectable } from '@nestjs/common';
import { v7 } from 'uuid';

/** Ids that sort by the time they were made. */
@Injectable()
export class UuidIdSource extends IdSource {
  protected override uuid(): string {
    return v7();
  }
}
