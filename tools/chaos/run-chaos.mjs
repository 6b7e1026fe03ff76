// What tools/verify-chaos.mjs runs, under the pinned Node.
import { parseArgs } from 'node:util';
import { verifyChaos } from '@tidemark/e2e';
import { findRedis } from '../redis.mjs';
import { interruption } from '../suites.mjs';

const USAGE = 'Usage: npm run verify:chaos -- [--minutes <number>] [--seed <whole number>] [--keep]';
const SEEDS = 2 ** 32;

function optionsOf() {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '3' },
      seed: { type: 'string' },
      keep: { type: 'boolean', default: false },
    },
  });
  const minutes = Number(values.minutes);
  const seed = values.seed === undefined ? Math.floor(Math.random() * SEEDS) : Number(values.seed);
  if (!(minutes > 0) || !Number.isInteger(seed) || seed < 0 || seed >= SEEDS) throw new Error(USAGE);
  return { minutes, seed, keep: values.keep };
}

function refuse(sentence) {
  console.error(sentence);
  process.exit(2);
}

let options;
try {
  options = optionsOf();
} catch (error) {
  refuse(error.message === USAGE ? USAGE : `${error.message}\n${USAGE}`);
}
if (findRedis() === undefined) refuse('No redis-server is installed. On Debian: apt-get install redis-server');
const isRight = await verifyChaos({ ...options, print: (line) => console.log(line), signal: interruption() });
process.exitCode = isRight ? 0 : 1;
