import { parseArgs } from 'node:util';
import { WORKLOADS } from './workloads.mjs';

export const EXTRAS = ['latency', 'checkpoint'];
const NAMES = [...WORKLOADS.map(({ name }) => name), ...EXTRAS];
const QUICK_NAMES = [...WORKLOADS.filter(({ extra }) => extra !== true).map(({ name }) => name), ...EXTRAS];

const FULL = {
  records: 3_000_000,
  keys: [10_000, 100_000, 1_000_000],
  repetitions: 3,
  seconds: 20,
  checkpointKeys: 1_000_000,
};
/** One number of keys, once: within a minute on two cores. */
const QUICK = { records: 500_000, keys: [100_000], repetitions: 1, seconds: 5, checkpointKeys: 200_000 };

export const USAGE = `Usage: npm run bench -- [--quick] [--only <name>]… [--keys <n>]… [--records <n>] [--repetitions <n>]

Names: ${NAMES.join(', ')}`;

/** Throws an error whose message is what to tell. */
export function benchOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true },
      keys: { type: 'string', multiple: true },
      records: { type: 'string' },
      repetitions: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const usual = values.quick ? QUICK : FULL;
  const only = values.only ?? (values.quick ? QUICK_NAMES : NAMES);
  const unknown = only.find((name) => !NAMES.includes(name));
  if (unknown !== undefined) throw new Error(`There is no benchmark "${unknown}".`);
  const keys = values.keys?.map(wholeNumber);
  return {
    ...usual,
    quick: values.quick,
    help: values.help,
    only,
    keys: keys ?? usual.keys,
    records: values.records === undefined ? usual.records : wholeNumber(values.records),
    repetitions: values.repetitions === undefined ? usual.repetitions : wholeNumber(values.repetitions),
    checkpointKeys: keys === undefined ? usual.checkpointKeys : Math.max(...keys),
  };
}

function wholeNumber(text) {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1) throw new Error(`"${text}" is no whole number above zero.`);
  return number;
}
