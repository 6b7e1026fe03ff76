// What takes part in the protocol, without the process around it: what runs here runs in the simulation.
export { RunnerLease } from './lease/runner-lease.js';
export { JobOpener, type KillableGraph, type OpenedJob } from './restore/job-opener.js';
export { ActiveRuns } from './run-batch/active-runs.js';
export { RunJob } from './run-batch/run-job.js';
