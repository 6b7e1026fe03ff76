import type { CheckedNode } from './checked-definition.js';
import type { Operator, OperatorParts } from './operator.js';
import { aggregate } from './operators/aggregate.js';
import { countByWindow } from './operators/count-by-window.js';
import { countWindow } from './operators/count-window.js';
import { EventTime } from './operators/event-time.js';
import { fold } from './operators/fold.js';
import { mapWithState } from './operators/map-with-state.js';
import { process } from './operators/process.js';
import { reduceByKey } from './operators/reduce-by-key.js';
import { reduceByKeyAndWindow } from './operators/reduce-by-key-and-window.js';
import { updateStateByKey } from './operators/update-state-by-key.js';
import { window } from './operators/window.js';

/** The operators that hold rows back, by kind. All others are statements in the loop of whoever they read from. */
const OPERATORS: { readonly [kind: string]: (parts: OperatorParts) => Operator } = {
  reduceByKey,
  fold,
  aggregate,
  updateStateByKey,
  mapWithState,
  process,
  countWindow,
  countByWindow,
  reduceByKeyAndWindow,
  window,
  eventTime: (parts) => new EventTime(parts),
};

export const isOperator = ({ kind }: CheckedNode): boolean => Object.hasOwn(OPERATORS, kind);

export function makeOperator(parts: OperatorParts): Operator {
  const make = OPERATORS[parts.node.kind];
  if (make === undefined) throw new TypeError(`"${parts.node.kind}" is no operator`);
  return make(parts);
}
