import { Clock } from '@tidemark/domain';
import { Injectable } from '@nestjs/common';

/** The machine's wall clock: it gives batches their time and nothing else. */
@Injectable()
export class SystemClock extends Clock {
  override nowMs(): number {
    return Date.now();
  }
}
