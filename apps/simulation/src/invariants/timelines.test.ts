import type { JobId } from '@tidemark/domain';
import { describe, expect, it } from 'vitest';
import { Findings } from './invariants.js';
import { BEGINNING, Timelines } from './timelines.js';

const JOB = 'job_1' as JobId;

describe('the timelines of a job', () => {
  it('are each opened before anything is on them, and a finding where one is not', () => {
    const findings = new Findings();
    const timelines = new Timelines(findings);
    const first = timelines.open(JOB, 1, BEGINNING);

    expect(timelines.get(JOB, 1)).toBe(first);
    expect(findings.first).toBeUndefined();
    timelines.get(JOB, 2);
    expect(findings.first).toMatchObject({ invariant: 'I3', what: expect.stringContaining('timeline 2') });
  });

  it('are not opened by those of another job', () => {
    const findings = new Findings();
    const timelines = new Timelines(findings);
    timelines.open(JOB, 1, BEGINNING);
    timelines.get('job_2' as JobId, 1);

    expect(findings.first?.invariant).toBe('I3');
  });
});
