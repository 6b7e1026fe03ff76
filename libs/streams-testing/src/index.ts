import type { JobDefinition } from '@tidemark/streams';
import type { TestJob, TestJobOptions } from './api.js';
import { InMemoryJob } from './in-memory-job.js';

export type * from './api.js';

/**
 * Starts a job in memory, for a test of it.
 *
 * ```ts
 * const job = testJob(definition);
 * job.add('words', ['to be', 'or not to be']);
 * expect(await job.batch()).toEqual({ out: [{ word: 'to', count: 2 }, …] });
 * ```
 *
 * @param definition what `defineJob` returns. Throws what the service would refuse it for, with its place.
 */
export function testJob(definition: JobDefinition, options: TestJobOptions = {}): TestJob {
  return new InMemoryJob(definition, options);
}
