import { flightDelays } from './flight-delays.js';

/** The same on an input of its own, for `npm run demo:failover`. */
export default flightDelays({
  name: 'flight-delays-demo',
  input: 'flights-demo',
  output: 'flight-delays-demo',
  recordsPerSecond: 4_000,
});
