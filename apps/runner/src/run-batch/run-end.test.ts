import { TidemarkError } from '@tidemark/domain';
import { describe, expect, it } from 'vitest';
import { endOfError } from './run-end.js';

describe('the end of a run that threw', () => {
  it('is tried again later where that may help', () => {
    const error = new TidemarkError('sink_unavailable', { sink: 'out', reason: 'it is down' });

    expect(endOfError(error, 'ask')).toEqual({ kind: 'back_off', code: 'sink_unavailable', reason: error.message });
  });

  it('is final where the same would happen again', () => {
    const error = new TidemarkError('job_over_cpu', { limitMs: 100, batchId: 7 });

    expect(endOfError(error, 'ask')).toEqual({ kind: 'failed', code: 'job_over_cpu', reason: error.message });
  });

  it('asks the owner where input is gone, unless the policy is to fail', () => {
    const error = new TidemarkError('offsets_expired', {
      ...{ source: 'in', partition: 'a.log', from: 5, to: 9 },
      reason: 'the file has only 5 bytes now',
    });

    const { message: reason } = error;
    expect(endOfError(error, 'ask')).toEqual({ kind: 'ask', code: 'offsets_expired', reason });
    expect(endOfError(error, 'reset_keep_offsets')).toMatchObject({ kind: 'ask' });
    expect(endOfError(error, 'fail')).toEqual({ kind: 'failed', code: 'offsets_expired', reason });
  });

  it('tells the owner of a job nothing of a fault of ours but a reference to our log', () => {
    const end = endOfError(new Error('password "hunter2" refused'), 'ask');

    expect(end).toMatchObject({ kind: 'back_off', code: 'internal_fault' });
    expect(JSON.stringify(end)).not.toContain('hunter2');
  });
});
