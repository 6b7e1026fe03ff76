import { TidemarkError } from '@tidemark/domain';
import { describe, expect, it } from 'vitest';
import { endOfError } from './run-end.js';

describe('the end of a run that threw', () => {
  it('is tried again later where that may help', () => {
    const error = new TidemarkError('sink_unavailable', { sink: 'out', reason: 'it is down' });

    expect(endOfError(error)).toEqual({ kind: 'back_off', code: 'sink_unavailable', reason: error.message });
  });

  it('is final where the same would happen again', () => {
    const error = new TidemarkError('job_over_cpu', { limitMs: 100, batchId: 7 });

    expect(endOfError(error)).toEqual({ kind: 'failed', code: 'job_over_cpu', reason: error.message });
  });

  it('tells the owner of a job nothing of a fault of ours but a reference to our log', () => {
    const end = endOfError(new Error('password "hunter2" refused'));

    expect(end).toMatchObject({ kind: 'back_off', code: 'internal_fault' });
    expect(JSON.stringify(end)).not.toContain('hunter2');
  });
});
