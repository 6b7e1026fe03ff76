import { parseArgs } from 'node:util';
import { writeClosingEvents } from '../write.js';

const { values } = parseArgs({ options: { in: { type: 'string' } } });
if (values.in === undefined || values.in === '') {
  console.error('Usage: close --in <directory that generate wrote into>');
  process.exit(1);
}
await writeClosingEvents(values.in);
console.log(
  'The watermark of each stream now passes all of its events. Queries that keep no time would write these rows.',
);
