import { Initial1763800000000 } from './1-initial.js';

/** In order. Append only: a migration that was released is never changed. */
export const MIGRATIONS = [Initial1763800000000] as const;
