import { traceLogic, type DefinedNode } from '../trace.js';

/** What is known of an operator that is declared by the call `$root(uid?, …functions)`. */
interface Rooted {
  readonly uid: string;
  readonly functions: readonly unknown[];
  readonly at: string;
}

/**
 * Runs a script that declares operators by calling `$root`, each with one function, or with a uid and functions, and traces
 * them. Without a uid, an operator has the name `operator`.
 */
export function logicIn(script: string): { readonly [uid: string]: string } {
  const rooted: Rooted[] = [];
  const $root = (...given: readonly unknown[]): void => {
    const [uid, ...functions] = typeof given[0] === 'string' ? given : ['operator', ...given];
    rooted.push({ uid: String(uid), functions, at: placeOfCall($root) });
  };
  const run = new Function('$root', `${script}\n//# sourceURL=bundle.js`) as (root: unknown) => void;
  run($root);
  const nodes = rooted.map(({ uid, functions, at }, id): DefinedNode => {
    const texts = functions.map((each, index) => [String(index), String(each)] as const);
    return { id, kind: 'map', uid, inputs: [], options: {}, functions: Object.fromEntries(texts), at };
  });
  return traceLogic(script, nodes);
}

/** A function's text begins two lines below the one that the engine puts around it. */
const LINES_AROUND = 2;

function placeOfCall(below: (...given: readonly unknown[]) => void): string {
  const holder: { stack?: string } = {};
  Error.captureStackTrace(holder, below);
  const [, line = '0', column = '0'] = /bundle\.js:(\d+):(\d+)/.exec(holder.stack ?? '') ?? [];
  return `bundle.js:${Number(line) - LINES_AROUND}:${column}`;
}
