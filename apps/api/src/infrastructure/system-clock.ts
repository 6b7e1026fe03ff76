import { Clock } from '@tidemark/domain';

/** The machine's own clock. */
export class SystemClock extends Clock {
  override nowMs(): number {
    return Date.now();
  }
}
