import { Timers } from '@tidemark/domain';
import { Injectable } from '@nestjs/common';

/** The monotonic clock of this machine, and its timers. */
@Injectable()
export class SystemTimers extends Timers {
  override elapsedMs(): number {
    return performance.now();
  }

  override after(ms: number, work: () => void): () => void {
    const timer = setTimeout(work, ms);
    return () => {
      clearTimeout(timer);
    };
  }
}
