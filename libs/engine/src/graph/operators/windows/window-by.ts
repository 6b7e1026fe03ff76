import type { WindowSettings } from '../../check-windows.js';
import type { Operator, OperatorParts } from '../../operator.js';
import { SessionWindows } from './session-windows.js';
import { SlidingWindows } from './sliding-windows.js';
import { TumblingWindows } from './tumbling-windows.js';

/** Windows in event time, and the global one. */
export function windowBy(parts: OperatorParts): Operator {
  const { windows } = parts.node.options as unknown as WindowSettings;
  switch (windows.kind) {
    case 'sliding':
      return new SlidingWindows(parts);
    case 'session':
      return new SessionWindows(parts);
    case 'tumbling':
    case 'global':
      return new TumblingWindows(parts);
  }
}
