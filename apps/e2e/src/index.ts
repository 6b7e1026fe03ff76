export { verifyChaos } from './chaos/verify-chaos.js';
export { prepareFlights, recountFlights, submitFlights, type Recount } from './flights.js';
export { stampede, submitHerd, type Stampede } from './herd.js';
export { aHome, Instance, kill, root, writeInput, type RunningProcess } from './instance.js';
export { bundleOf } from './job-bundles.js';
export { checkNexmark, closeNexmark, prepareNexmark, runNexmark, type QueryCheck, type QueryRun } from './nexmark.js';
export { validOutput } from './output-files.js';
export { descendantsOf } from './processes.js';
export { until } from './until.js';
