import { parseArgs } from 'node:util';
import { GENERATOR_DEFAULTS } from '../generator.js';
import { writeEvents } from '../write.js';

const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    events: { type: 'string', default: String(GENERATOR_DEFAULTS.events) },
    seed: { type: 'string', default: String(GENERATOR_DEFAULTS.seed) },
    rate: { type: 'string', default: String(GENERATOR_DEFAULTS.eventsPerSecond) },
    start: { type: 'string', default: new Date(GENERATOR_DEFAULTS.startMs).toISOString() },
    disorder: { type: 'string', default: String(GENERATOR_DEFAULTS.outOfOrderMs) },
  },
});
const options = {
  events: Number(values.events),
  seed: Number(values.seed),
  startMs: Date.parse(values.start),
  eventsPerSecond: Number(values.rate),
  outOfOrderMs: Number(values.disorder),
};
const sound =
  Number.isSafeInteger(options.events) &&
  options.events > 0 &&
  Number.isInteger(options.seed) &&
  options.seed >= 0 &&
  options.seed < 2 ** 32 &&
  Number.isInteger(options.startMs) &&
  options.eventsPerSecond > 0 &&
  Number.isInteger(options.outOfOrderMs) &&
  options.outOfOrderMs >= 0;
if (values.out === undefined || values.out === '' || !sound) {
  console.error(
    'Usage: generate --out <directory> [--events <number>] [--seed <number below 2^32>]\n' +
      '  [--rate <events per second of event time>] [--start <ISO time>] [--disorder <whole milliseconds>]',
  );
  process.exit(1);
}
const written = await writeEvents({ into: values.out, ...options });
switch (written.outcome) {
  case 'written': {
    const { person, auction, bid } = written.events;
    console.log(`Wrote ${person} people, ${auction} auctions and ${bid} bids into ${values.out}.`);
    break;
  }
  case 'not_empty':
    console.error(`${values.out} is not empty. Remove it, or name another directory.`);
    process.exit(1);
}
