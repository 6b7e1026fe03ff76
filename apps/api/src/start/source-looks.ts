import { Injectable } from '@nestjs/common';
import type { TenantId } from '@tidemark/domain';
import { Turnstile } from '../submit/turnstile.js';

/** Each may read folders of ten thousand files, and opens every file. */
const LOOKS = { what: 'looks at sources', atOnce: 4, atOncePerKey: 2, waitingMax: 64, waitingMaxPerKey: 16 } as const;

/**
 * Lets requests that look at sources through a few at once, and each tenant fewer. A request passes once for all of its sources,
 * and before it changes anything; one that has passed must not pass again while it is inside.
 */
@Injectable()
export class SourceLooks {
  private readonly looks = new Turnstile(LOOKS);

  /** Throws `too_many_at_once`, and what `look` throws. */
  pass<T>(tenantId: TenantId, look: () => Promise<T>): Promise<T> {
    return this.looks.pass(tenantId, look);
  }
}
