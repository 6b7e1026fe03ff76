import { TidemarkError } from '@tidemark/domain';
import { describe, expect, it } from 'vitest';
import { Chance } from '../world/chance.js';
import { insist } from '../world/faults.js';
import { CALM, PortFailure } from '../world/stage.js';
import { World } from '../world/world.js';
import { ExpectedFailures, type Done } from './expected-failures.js';
import { Findings } from './invariants.js';

const NOTHING: Done = { failed: () => false, torn: false, damaged: false };

function foundOf(said: unknown, done: Partial<Done> = {}) {
  const findings = new Findings();
  new ExpectedFailures(findings, { ...NOTHING, ...done }).logger.warn(said);
  return findings.first?.invariant;
}

/** The next steps of a world, until `ms` have passed. */
async function pass({ stage }: World, ms: number): Promise<void> {
  const untilMs = stage.nowMs + ms;
  while (stage.nowMs < untilMs) await stage.step(untilMs);
}

describe('a failure that is logged', () => {
  it('is a finding, unless a port was made to fail that way', () => {
    const failed = (text: string): boolean => text.endsWith('rows: heartbeat failed');

    expect(foundOf(new PortFailure('rows: claim failed'))).toBeUndefined();
    expect(foundOf('The heartbeat failed: rows: heartbeat failed', { failed })).toBeUndefined();
    expect(foundOf('The heartbeat failed: rows: heartbeat failed')).toBe('fault');
    expect(foundOf('All has failed.')).toBe('fault');
    expect(foundOf(new TypeError('x is undefined'))).toBe('fault');
  });

  it('is a finding with a code of the catalogue, too, unless what explains the code was done before', () => {
    const full = new TidemarkError('store_full', { path: 'x' });

    expect(foundOf(full, { torn: true })).toBeUndefined();
    expect(foundOf(full, { damaged: true })).toBe('fault');
    expect(foundOf(new TidemarkError('object_exists', { path: 'x' }), { torn: true, damaged: true })).toBe('fault');
    expect(foundOf(new AggregateError([full]))).toBe('fault');
  });

  it('is a finding where a checkpoint failed of it', () => {
    const findings = new Findings();
    const failures = new ExpectedFailures(findings, NOTHING);
    failures.told({ type: 'checkpoint.failed', data: { code: 'checkpoint_unreadable', reason: '' } });

    expect(findings.first?.invariant).toBe('fault');
  });
});

describe('a client of the API', () => {
  it('asks again where a call failed, and not where what it asked for cannot be done', async () => {
    const world = new World(new Chance(1));
    const { stage } = world;
    const asked = { failing: 0, faulty: 0 };
    insist(world, () => {
      asked.failing += 1;
      stage.weather = asked.failing === 1 ? { ...CALM, fails: 1 } : CALM;
      return stage.call(stage.process('client'), 'api: ask', () => 'told');
    });
    await pass(world, 1_000);
    expect(asked.failing).toBe(2);
    expect(world.findings.first).toBeUndefined();

    insist(world, () => {
      asked.faulty += 1;
      return world.control().order('job_unknown' as Parameters<ReturnType<World['control']>['order']>[0], 'stop');
    });
    await pass(world, 1_000);
    expect(asked.faulty).toBe(1);
    expect(world.findings.first).toMatchObject({ invariant: 'fault', what: expect.stringContaining('no job') });
  });
});
