import { flightDelays } from './flight-delays.js';

/** The job that `npm start` runs. */
export default flightDelays({
  name: 'flight-delays',
  input: 'flights',
  output: 'flight-delays',
  recordsPerSecond: 4_000,
});
