import type { StateShape } from '@tidemark/domain';
import type { CheckedNode } from './checked-definition.js';
import { aggregateParameters } from './check-state.js';

type Invalid = (reason: string) => void;

/** Panes of one sliding window. */
export const PANES_MAX = 10_000;

/** The options of a window in event time, as the check leaves them. */
export interface WindowSettings {
  readonly windows: Windows;
  readonly allowedLatenessMs: number;
  readonly trigger?: TriggerSettings;
  readonly afterResult?: 'accumulate' | 'discard';
  readonly windowsMax?: number;
  readonly rowsMax?: number;
}

export type Windows =
  | { readonly kind: 'tumbling'; readonly sizeMs: number; readonly offsetMs: number }
  | { readonly kind: 'sliding'; readonly sizeMs: number; readonly slideMs: number; readonly offsetMs: number }
  | { readonly kind: 'session'; readonly gapMs: number }
  | { readonly kind: 'global' };

export type TriggerSettings =
  | { readonly kind: 'everyBatch' }
  | { readonly kind: 'every'; readonly everyMs: number }
  | { readonly kind: 'everyCount'; readonly count: number };

/** Whether a node's windows have no end. */
export const hasGlobalWindows = ({ options }: CheckedNode): boolean =>
  (options as unknown as WindowSettings).windows.kind === 'global';

/** Whether a window's result is put together from parts. */
export function isPutTogether({ options }: CheckedNode): boolean {
  const kind = (options as unknown as Partial<WindowSettings>).windows?.kind;
  return kind === 'sliding' || kind === 'session';
}

/** What a node with windows in event time must be. */
export function checkWindowBy(node: CheckedNode, invalid: Invalid): void {
  const { windows, trigger, ...options } = node.options as unknown as Partial<WindowSettings>;
  const isKnown = checkWindows(windows, invalid);
  if (!isDuration(options.allowedLatenessMs)) {
    invalid("the allowedLateness of windowBy must be a duration, for example '10 s'");
  }
  if (options.afterResult !== undefined && !['accumulate', 'discard'].includes(options.afterResult)) {
    invalid('the afterResult of windowBy must be "accumulate" or "discard"');
  }
  for (const name of ['windowsMax', 'rowsMax'] as const) {
    if (options[name] !== undefined && !isCount(options[name]))
      invalid(`the ${name} of windowBy must be a whole number`);
  }
  if (trigger !== undefined) checkTrigger(trigger, invalid);
  if (!isKnown || windows === undefined) return;
  if (windows.kind === 'global' && trigger === undefined) {
    invalid('globalWindow() never ends: give windowBy a trigger, for example everyBatch()');
  }
  if (windows.kind === 'sliding' && (trigger?.kind === 'everyCount' || options.afterResult === 'discard')) {
    invalid('sliding windows share their records: neither everyCount(…) nor afterResult "discard" goes with them');
  }
  if (node.kind === 'windowFold' && isPutTogether(node) && node.functions['merge'] === undefined) {
    invalid(`${windows.kind} windows are made of parts: give the fold a "merge" that joins two states`);
  }
}

/** What the windows of a node mean for its state: how late a row may be and when results come is not part of it. */
export function windowParametersOf(node: CheckedNode): StateShape['parameters'] {
  const { kind, ...grid } = (node.options as unknown as WindowSettings).windows;
  const figures = node.kind === 'windowAggregate' ? aggregateParameters(node) : {};
  const own = Object.entries({ windows: kind, ...grid }).map(([name, value]) => [`@${name}`, value] as const);
  return { ...figures, ...Object.fromEntries(own) };
}

function checkWindows(windows: Windows | undefined, invalid: Invalid): boolean {
  switch (windows?.kind) {
    case 'tumbling':
      return checkGrid('tumbling', { ...windows, slideMs: windows.sizeMs }, invalid);
    case 'sliding':
      return checkGrid('sliding', windows, invalid);
    case 'session':
      if (isLength(windows.gapMs)) return true;
      invalid("the gap of session(…) must be a duration, for example '30 s'");
      return false;
    case 'global':
      return true;
    default:
      invalid('windowBy needs tumbling(…), sliding(…), session(…) or globalWindow()');
      return false;
  }
}

function checkGrid(
  kind: string,
  { sizeMs, slideMs, offsetMs }: { readonly sizeMs: number; readonly slideMs: number; readonly offsetMs: number },
  invalid: Invalid,
): boolean {
  if (!isLength(sizeMs) || !isLength(slideMs)) {
    invalid(`the size and slide of ${kind}(…) must be durations of whole milliseconds, for example '10 s'`);
  } else if (!isDuration(offsetMs) || offsetMs >= slideMs) {
    invalid(`the offset of ${kind}(…) must be a duration of less than ${slideMs} ms`);
  } else if (sizeMs % slideMs !== 0) {
    invalid(`the window of ${sizeMs} ms is not a multiple of its slide of ${slideMs} ms`);
  } else if (sizeMs / slideMs > PANES_MAX) {
    invalid(`the window of ${sizeMs} ms has more than ${PANES_MAX} slides of ${slideMs} ms`);
  } else {
    return true;
  }
  return false;
}

function checkTrigger(trigger: TriggerSettings, invalid: Invalid): void {
  switch (trigger.kind) {
    case 'everyBatch':
      return;
    case 'every':
      if (!isLength(trigger.everyMs)) invalid("every(…) needs a duration, for example '1 s'");
      return;
    case 'everyCount':
      if (!isCount(trigger.count)) invalid('everyCount(…) needs a whole number of records, at least 1');
      return;
    default:
      invalid('the trigger of windowBy must be everyBatch(), every(…) or everyCount(…)');
  }
}

const isDuration = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isLength = (value: unknown): boolean => isDuration(value) && value !== 0;
const isCount = isLength;
