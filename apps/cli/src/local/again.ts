import { TidemarkApiError } from '@tidemark/sdk';

const ATTEMPTS = 3;

/**
 * Does what reads a running job's past, from the start again where some of it is not there any more: the job goes on meanwhile,
 * and what was the oldest that it keeps is another one now.
 */
export async function again<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === ATTEMPTS || !isForgotten(error)) throw error;
    }
  }
}

const isForgotten = (error: unknown): boolean =>
  error instanceof TidemarkApiError && ['checkpoint_deleted', 'thing_not_found'].includes(error.code);
