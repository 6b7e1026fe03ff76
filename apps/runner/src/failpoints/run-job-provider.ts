import { ObjectStore } from '@tidemark/checkpoint';
import type { RunnerConfig } from '@tidemark/config';
import { Connections, EgressPolicy } from '@tidemark/connectors';
import { Clock, IdSource, RunStore } from '@tidemark/domain';
import { SandboxHost } from '@tidemark/sandbox';
import type { Provider } from '@nestjs/common';
import { RUNNER_CONFIG } from '../config.js';
import { ActiveRuns } from '../run-batch/active-runs.js';
import { RunJob } from '../run-batch/run-job.js';
import { Failpoints, parseFailpoints } from './failpoints.js';
import { WithFailpoints } from './with-failpoints.js';

const NEEDS = [
  RunStore,
  ActiveRuns,
  ObjectStore,
  SandboxHost,
  Connections,
  EgressPolicy,
  Clock,
  IdSource,
  RUNNER_CONFIG,
];

/** What runs jobs: as it is, or with failpoints between it and everything that it works with where the configuration has some. */
export function runJobProvider({ failpoints }: RunnerConfig): Provider {
  if (failpoints === undefined) return RunJob;
  const between = new WithFailpoints(new Failpoints(parseFailpoints(failpoints.text), failpoints.folder));
  return {
    provide: RunJob,
    inject: NEEDS,
    useFactory: (...[runs, active, objects, sandbox, ...rest]: ConstructorParameters<typeof RunJob>) =>
      new RunJob(between.runStore(runs), active, between.objectStore(objects), between.sandbox(sandbox), ...rest),
  };
}
