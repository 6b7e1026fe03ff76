import { schedulerConfig } from '@tidemark/config';
import { AuditRetention } from '@tidemark/domain';
import { expect, it } from 'vitest';
import { PruneTrail } from './prune-trail.js';

class NotingRetention extends AuditRetention {
  readonly asked: number[] = [];

  override async prune({ days }: { readonly days: number }): Promise<void> {
    this.asked.push(days);
  }
}

it.each([
  ['400 days, where nothing else is said', {}, 400],
  ['as many days as the configuration says', { TIDEMARK_AUDIT_DAYS: '30' }, 30],
])('the trail is kept for %s', async (_, said, days) => {
  const trail = new NotingRetention();
  const env = { TIDEMARK_DATABASE_URL: 'postgres://localhost/x', TIDEMARK_OBJECTS_DIR: '/objects', ...said };

  await new PruneTrail(trail, schedulerConfig(env)).pass();

  expect(trail.asked).toEqual([days]);
});
