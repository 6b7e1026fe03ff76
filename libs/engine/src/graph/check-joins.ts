import { isDuration, isJson, type Check, type Checks, type Parameters } from './check-parts.js';
import type { CheckedNode } from './checked-definition.js';

const JOIN_TYPES: readonly unknown[] = ['inner', 'left', 'right', 'full'];
const BRANCHES_MAX = 100;
const TOP_MAX = 1_000;
const ROWS_PER_KEY_MAX = 1_000_000;

/** What joins and the operators that part or thin out streams must be. */
export const JOIN_CHECKS: Checks = {
  intervalJoin(node, invalid) {
    const { beforeMs, afterMs } = node.options;
    if (!isDuration(beforeMs) || !isDuration(afterMs))
      invalid(
        "the \"within\" of a join must be { before, after } as durations, for example { before: '5 s', after: '0 s' }",
      );
    checkJoin(node, invalid);
  },

  windowJoin(node, invalid) {
    checkWindowed(node, invalid);
    checkJoin(node, invalid);
  },

  cogroup: checkWindowed,

  lookup({ options, functions }, invalid) {
    if ((typeof options['field'] === 'string') === (functions['key'] !== undefined))
      invalid('the key of a lookup must be the name of a field or a function');
    if (options['type'] !== 'inner' && options['type'] !== 'left')
      invalid('the type of a lookup must be "inner" or "left"');
  },

  broadcast({ options }, invalid) {
    if (!isJson(options['initial'])) invalid('the "initial" of withBroadcast must be plain JSON');
  },

  split({ options, functions }, invalid) {
    const { branches } = options;
    const isFine =
      Array.isArray(branches) &&
      branches.length > 0 &&
      branches.length <= BRANCHES_MAX &&
      new Set(branches).size === branches.length &&
      branches.every((name) => typeof name === 'string' && name !== '' && functions[name] !== undefined);
    if (!isFine) invalid(`a split needs 1 to ${BRANCHES_MAX} branches, each with a function`);
  },

  dedupe({ options, functions }, invalid) {
    if ((typeof options['field'] === 'string') === (functions['by'] !== undefined))
      invalid('the "by" of dedupe must be the name of a field or a function');
    if (!isDuration(options['withinMs'])) invalid('the "within" of dedupe must be a duration, for example \'1 h\'');
    if (options['time'] !== 'event' && options['time'] !== 'processing')
      invalid('the time of dedupe must be "event" or "processing"');
  },

  topN({ options, functions }, invalid) {
    const { n, order } = options;
    if (!Number.isSafeInteger(n) || (n as number) < 1 || (n as number) > TOP_MAX)
      invalid(`topN keeps a whole number of values from 1 to ${TOP_MAX}`);
    if (order !== 'desc' && order !== 'asc') invalid('the order of topN must be "desc" or "asc"');
    if ((typeof options['field'] === 'string') === (functions['by'] !== undefined))
      invalid('the "by" of topN must be the name of a field or a function');
  },
};

/** What gives kept rows their meaning. */
export const JOIN_PARAMETERS: Parameters = {
  intervalJoin: ({ options }) => pick(options, ['type', 'beforeMs', 'afterMs']),
  windowJoin: ({ options }) => pick(options, ['type', 'windowMs']),
  cogroup: ({ options }) => pick(options, ['windowMs']),
  dedupe: ({ options }) => pick(options, ['time']),
  topN: ({ options }) => pick(options, ['n', 'order']),
};

/**
 * The sources of tables, by their nodes: all that a lookup reads at its second input comes straight from a source that
 * nothing else reads. Their input can then be read before everything else's.
 */
export function tableSourceOf(lookup: CheckedNode, nodes: readonly CheckedNode[]): CheckedNode | undefined {
  const byId = (id: number | undefined): CheckedNode | undefined => nodes.find((node) => node.id === id);
  const rows = byId(lookup.inputs[1]);
  const source = byId(rows?.inputs[0]);
  if (rows?.kind !== 'keyBy' || source?.kind !== 'source') return undefined;
  const readers = (id: number): readonly CheckedNode[] => nodes.filter(({ inputs }) => inputs.includes(id));
  const isTable =
    readers(source.id).every((node) => node === rows) &&
    readers(rows.id).every(({ kind, inputs }) => kind === 'lookup' && inputs[0] !== rows.id);
  return isTable ? source : undefined;
}

const checkJoin: Check = ({ options }, invalid) => {
  if (!JOIN_TYPES.includes(options['type'])) invalid('the type of a join must be "inner", "left", "right" or "full"');
  checkBound(options['rowsPerKeyMax'], invalid);
};

function checkWindowed({ kind, options }: CheckedNode, invalid: (reason: string) => void): void {
  const { windowMs } = options;
  const name = kind === 'cogroup' ? 'cogroup' : 'join';
  if (!isDuration(windowMs) || windowMs === 0)
    invalid(`the window of a ${name} must be a duration of at least 1 ms, for example '10 s'`);
  checkBound(options['rowsPerKeyMax'], invalid);
}

function checkBound(bound: unknown, invalid: (reason: string) => void): void {
  if (bound === undefined) return;
  if (!Number.isSafeInteger(bound) || (bound as number) < 1 || (bound as number) > ROWS_PER_KEY_MAX)
    invalid(`rowsPerKeyMax must be a whole number from 1 to ${ROWS_PER_KEY_MAX}`);
}

const pick = (options: CheckedNode['options'], names: readonly string[]): { [name: string]: string | number } =>
  Object.fromEntries(names.map((name) => [name, options[name] as string | number]));
