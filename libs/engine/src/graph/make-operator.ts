import { own } from '@tidemark/domain';
import type { NodeKind } from '@tidemark/streams';
import type { StatelessKind } from '../fuse/stateless-code.js';
import type { CheckedNode } from './checked-definition.js';
import type { Operator, OperatorParts } from './operator.js';
import { aggregate } from './operators/aggregate.js';
import { broadcast } from './operators/broadcast.js';
import { countByWindow } from './operators/count-by-window.js';
import { countWindow } from './operators/count-window.js';
import { dedupe } from './operators/dedupe.js';
import { EventTime } from './operators/event-time.js';
import { fold } from './operators/fold.js';
import { intervalJoin } from './operators/interval-join.js';
import { lookup } from './operators/lookup.js';
import { mapWithState } from './operators/map-with-state.js';
import { process } from './operators/process.js';
import { reduceByKey } from './operators/reduce-by-key.js';
import { reduceByKeyAndWindow } from './operators/reduce-by-key-and-window.js';
import { split } from './operators/split.js';
import { topN } from './operators/top-n.js';
import { transform } from './operators/transform.js';
import { updateStateByKey } from './operators/update-state-by-key.js';
import { cogroup, windowJoin } from './operators/window-join.js';
import { window } from './operators/window.js';
import { windowBy } from './operators/windows/window-by.js';

/** Where rows begin, end, or go on as they are: no operators. */
type Passage = 'source' | 'sink' | 'union' | 'output';

/** The operators that hold rows back, by kind. All others are statements in the loop of whoever they read from. */
const OPERATORS = {
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
  transform,
  split,
  intervalJoin,
  windowJoin,
  cogroup,
  lookup,
  broadcast,
  dedupe,
  topN,
  windowAggregate: windowBy,
  windowFold: windowBy,
  windowReduce: windowBy,
  windowProcess: windowBy,
  eventTime: (parts) => new EventTime(parts),
} as const satisfies Record<Exclude<NodeKind, StatelessKind | Passage>, (parts: OperatorParts) => Operator>;

export const isOperator = ({ kind }: CheckedNode): boolean => Object.hasOwn(OPERATORS, kind);

export function makeOperator(parts: OperatorParts): Operator {
  const make = own<(parts: OperatorParts) => Operator>(OPERATORS, parts.node.kind);
  if (make === undefined) throw new TypeError(`"${parts.node.kind}" is no operator`);
  return make(parts);
}
