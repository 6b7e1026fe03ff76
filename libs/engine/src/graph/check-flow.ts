import {
  DEFAULT_BACK_PRESSURE,
  DEFAULT_FLOW,
  DOWNTIME_POLICIES,
  hasInterval,
  TRIGGERS,
  type BackPressure,
  type Flow,
} from '@tidemark/domain';
import type { CheckedNode } from './checked-definition.js';

export const INTERVAL_LIMITS = { batchIntervalMsMin: 5, batchIntervalMsMax: 86_400_000 } as const;

export interface CheckedFlow {
  /** 0 where the trigger has none. */
  readonly batchIntervalMs: number;
  readonly flow: Flow;
}

type Foreign = { readonly [name: string]: unknown };
type Invalid = (reason: string) => void;

/** Judges when a job's batches are due. Every member of `definition` is foreign and may be anything. */
export function checkFlow(definition: Foreign, invalid: Invalid): CheckedFlow {
  const { trigger: foreignTrigger, batchIntervalMs, downtime: foreignDowntime, backPressure } = definition;
  const trigger = memberOf(TRIGGERS, foreignTrigger ?? DEFAULT_FLOW.trigger);
  const downtime = memberOf(DOWNTIME_POLICIES, foreignDowntime ?? DEFAULT_FLOW.downtime);
  if (downtime === undefined) invalid(`downtime must be ${oneOf(DOWNTIME_POLICIES)}`);
  if (trigger === undefined) invalid(`trigger must be { every: … }, "asap", "available-now" or "once"`);
  const intervalMs = trigger === undefined ? 0 : checkInterval(trigger, batchIntervalMs, invalid);
  if (trigger !== undefined && !hasInterval(trigger)) {
    if (downtime === 'each' || downtime === 'skip') {
      invalid(`downtime "${downtime}" needs a batch interval: with the trigger "${trigger}" no interval can be missed`);
    }
    if (backPressure !== undefined && backPressure !== false) {
      invalid(`backPressure needs a batch interval to hold batches to; the trigger "${trigger}" has none`);
    }
  }
  return {
    batchIntervalMs: intervalMs,
    flow: {
      trigger: trigger ?? DEFAULT_FLOW.trigger,
      downtime: downtime ?? DEFAULT_FLOW.downtime,
      backPressure: trigger !== 'interval' ? false : checkBackPressure(backPressure ?? true, invalid),
    },
  };
}

/**
 * A window in processing time closes with the first batch at or after its end, and first batches come with an interval:
 * without one, a window would stay open for as long as no record comes.
 */
export function checkWindowedByInterval(node: CheckedNode, { flow }: CheckedFlow, invalid: Invalid): void {
  if (hasInterval(flow.trigger)) return;
  invalid(
    `${node.kind} closes its windows by the batch interval; the trigger "${flow.trigger}" has none: give the job a batchInterval`,
  );
}

function checkInterval(trigger: Flow['trigger'], batchIntervalMs: unknown, invalid: Invalid): number {
  if (!hasInterval(trigger)) {
    if (batchIntervalMs !== undefined) {
      invalid(`a job has a batchInterval or the trigger "${trigger}", not both`);
    }
    return 0;
  }
  const { batchIntervalMsMin, batchIntervalMsMax } = INTERVAL_LIMITS;
  if (
    Number.isSafeInteger(batchIntervalMs) &&
    (batchIntervalMs as number) >= batchIntervalMsMin &&
    (batchIntervalMs as number) <= batchIntervalMsMax
  ) {
    return batchIntervalMs as number;
  }
  invalid(
    `batchInterval (or trigger.every, not both) must be a whole number of milliseconds from ${batchIntervalMsMin} up to a day, for example '500 ms'`,
  );
  return 0;
}

function checkBackPressure(value: unknown, invalid: Invalid): BackPressure | false {
  if (value === false) return false;
  if (value === true) return DEFAULT_BACK_PRESSURE;
  if (typeof value !== 'object' || value === null) {
    invalid('backPressure must be true, false, or an object of weights');
    return false;
  }
  const given: { [name: string]: unknown } = { ...value };
  const names = Object.keys(DEFAULT_BACK_PRESSURE);
  for (const [name, weight] of Object.entries(given)) {
    if (!names.includes(name)) invalid(`backPressure has no option "${name.slice(0, 50)}"; it has ${names.join(', ')}`);
    else if (weight !== undefined && !(typeof weight === 'number' && weight >= 0 && Number.isFinite(weight))) {
      invalid(`backPressure.${name} must be a number from 0 up`);
    }
  }
  const of = (name: keyof BackPressure): number => (given[name] as number | undefined) ?? DEFAULT_BACK_PRESSURE[name];
  if (given['proportional'] === 0) invalid('backPressure.proportional must be more than 0');
  return {
    proportional: of('proportional'),
    integral: of('integral'),
    derivative: of('derivative'),
    bytesPerSecondMin: of('bytesPerSecondMin'),
  };
}

const memberOf = <T extends string>(members: readonly T[], value: unknown): T | undefined =>
  members.find((member) => member === value);

const oneOf = (members: readonly string[]): string => members.map((member) => `"${member}"`).join(', ');
