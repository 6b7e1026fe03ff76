import { Initial1763800000000 } from './1-initial.js';
import { SkippedRanges1764000000000 } from './2-skipped-ranges.js';

/** In order. Append only: a migration that was released is never changed. */
export const MIGRATIONS = [Initial1763800000000, SkippedRanges1764000000000] as const;
