import { ObjectStore } from '@tidemark/checkpoint';
import type { RunnerConfig } from '@tidemark/config';
import { Connections, EgressPolicy } from '@tidemark/connectors';
import { Clock, IdSource, RunStore, Timers } from '@tidemark/domain';
import { SandboxHost } from '@tidemark/sandbox';
import type { Provider } from '@nestjs/common';
import { RUNNER_CONFIG } from '../config.js';
import { SandboxedJobOpener } from '../restore/sandboxed-job-opener.js';
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
  RUNNER_CONFIG,
  Clock,
  Timers,
  IdSource,
];

type Needs = [
  runs: RunStore,
  active: ActiveRuns,
  objects: ObjectStore,
  sandbox: SandboxHost,
  connections: Connections,
  egress: EgressPolicy,
  config: RunnerConfig,
  ...rest: [clock: Clock, timers: Timers, ids: IdSource],
];

/** What runs jobs: as it is, or with failpoints between it and everything that it works with where the configuration has some. */
export function runJobProvider({ failpoints }: RunnerConfig): Provider {
  if (failpoints === undefined) return RunJob;
  const between = new WithFailpoints(new Failpoints(parseFailpoints(failpoints.text), failpoints.folder));
  return {
    provide: RunJob,
    inject: NEEDS,
    useFactory: (...[runs, active, objects, sandbox, connections, egress, config, ...rest]: Needs): RunJob => {
      const [runsBetween, objectsBetween] = [between.runStore(runs), between.objectStore(objects)];
      const sandboxBetween = between.sandbox(sandbox);
      const opener = new SandboxedJobOpener(runsBetween, objectsBetween, sandboxBetween, connections, egress, config);
      return new RunJob(runsBetween, active, objectsBetween, opener, ...rest, config);
    },
  };
}
