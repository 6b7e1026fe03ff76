export { prepareFlights, recountFlights, submitFlights, type Recount } from './flights.js';
export { aHome, Instance, kill, root, writeInput, type RunningProcess } from './instance.js';
export { until } from './until.js';
