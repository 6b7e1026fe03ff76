import { defineJob, files, toLog, type JobBuilder, type JobOptions } from '@tidemark/streams';
import { DEFAULT_BACK_PRESSURE } from '@tidemark/domain';
import { describe, expect, it } from 'vitest';
import { checkDefinition } from './check-definition.js';

const plain = (job: JobBuilder): void => job.source('in', files({ path: 'in' })).to('out', toLog());
const windowed = (job: JobBuilder): void =>
  job
    .source('in', files({ path: 'in' }))
    .window('recent', { window: '2 s', slide: '1 s' })
    .to('out', toLog());

function judged(options: object, build = plain) {
  const checked = checkDefinition(defineJob({ name: 'a-job', ...options } as JobOptions, build));
  if (checked.outcome === 'valid') return checked.manifest;
  return checked.problems.map(({ params }) => ('reason' in params ? params.reason : '')).join('; ');
}

describe('the flow of a job', () => {
  it('is an interval with back-pressure and one batch after downtime, unless it says otherwise', () => {
    expect(judged({ batchInterval: '500 ms' })).toMatchObject({
      batchIntervalMs: 500,
      flow: { trigger: 'interval', downtime: 'coalesce', backPressure: DEFAULT_BACK_PRESSURE },
    });
  });

  it('takes an interval by either name, down to 5 ms', () => {
    expect(judged({ trigger: { every: '5 ms' } })).toEqual(judged({ batchInterval: 5 }));
    expect(judged({ trigger: { every: 5 } })).toMatchObject({ batchIntervalMs: 5 });
  });

  it.each(['asap', 'available-now', 'once'])('has no interval with the trigger "%s"', (trigger) => {
    expect(judged({ trigger })).toMatchObject({ batchIntervalMs: 0, flow: { trigger, backPressure: false } });
  });

  it('keeps the weights of its back-pressure, and takes the usual ones for the rest', () => {
    expect(judged({ batchInterval: 5, backPressure: { integral: 0.5 } })).toMatchObject({
      flow: { backPressure: { ...DEFAULT_BACK_PRESSURE, integral: 0.5 } },
    });
    expect(judged({ batchInterval: 5, backPressure: false })).toMatchObject({ flow: { backPressure: false } });
  });

  it('keeps its downtime policy', () => {
    expect(judged({ batchInterval: 5, downtime: 'each' })).toMatchObject({ flow: { downtime: 'each' } });
  });
});

describe('a flow is refused', () => {
  it.each([
    ['neither interval nor trigger', {}, 'batchInterval (or trigger.every'],
    ['an interval below 5 ms', { trigger: { every: 4 } }, 'from 5 up to a day'],
    ['two intervals', { batchInterval: 5, trigger: { every: 10 } }, 'not both'],
    ['an interval and another trigger', { batchInterval: 5, trigger: 'asap' }, 'not both'],
    ['an unknown trigger', { trigger: 'soon' }, '"available-now"'],
    ['an unknown downtime policy', { batchInterval: 5, downtime: 'nap' }, '"coalesce", "each", "skip"'],
    ['missed intervals where there are none', { trigger: 'asap', downtime: 'each' }, 'needs a batch interval'],
    ['a skip where there is no interval', { trigger: 'once', downtime: 'skip' }, 'needs a batch interval'],
    ['back-pressure where there is no interval', { trigger: 'asap', backPressure: true }, 'needs a batch interval'],
    ['a weight below 0', { batchInterval: 5, backPressure: { integral: -1 } }, 'backPressure.integral'],
    ['a weight of nothing', { batchInterval: 5, backPressure: { proportional: 0 } }, 'more than 0'],
    ['a weight that is none', { batchInterval: 5, backPressure: { gain: 1 } }, 'no option "gain"'],
    ['back-pressure that is none', { batchInterval: 5, backPressure: 'high' }, 'true, false, or an object'],
  ])('if it has %s', (_name, options, says) => {
    expect(judged(options)).toContain(says);
  });

  it.each(['asap', 'available-now', 'once'])('if windows should close by an interval under "%s"', (trigger) => {
    expect(judged({ trigger }, windowed)).toContain('window closes its windows by the batch interval');
    expect(judged({ batchInterval: '1 s' }, windowed)).toMatchObject({ batchIntervalMs: 1_000 });
  });
});
