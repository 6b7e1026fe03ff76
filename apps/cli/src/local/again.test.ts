import { TidemarkApiError } from '@tidemark/sdk';
import { expect, it } from 'vitest';
import { again } from './again.js';

const said = (code: string): TidemarkApiError =>
  new TidemarkApiError({ ...{ type: '', title: '', status: 409, detail: code, instance: '' }, code });

const failing = (...errors: readonly Error[]) => {
  const left = [...errors];
  return () => {
    const error = left.shift();
    return error === undefined ? Promise.resolve('done') : Promise.reject(error);
  };
};

it('is done once more where the job has forgotten something meanwhile, and not for ever', async () => {
  const deleted = said('checkpoint_deleted');
  expect(await again(failing(deleted, said('thing_not_found')))).toBe('done');
  await expect(again(failing(deleted, deleted, deleted))).rejects.toBe(deleted);
});

it('is not done again for what stays as it is', async () => {
  const expired = said('offsets_expired');
  await expect(again(failing(expired))).rejects.toBe(expired);
});
