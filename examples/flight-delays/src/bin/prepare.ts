import { parseArgs } from 'node:util';
import { prepareFlights } from '../prepare.js';

const { values } = parseArgs({
  options: { into: { type: 'string' }, flights: { type: 'string', default: '1000000' } },
});
const flights = Number(values.flights);
if (values.into === undefined || !Number.isInteger(flights) || flights < 1) {
  console.error('Usage: prepare --into <directory> [--flights <number>]');
  process.exit(1);
}
const written = await prepareFlights({ into: values.into, flights });
console.log(written === 0 ? `${values.into} is complete already.` : `Wrote ${written} files into ${values.into}.`);
