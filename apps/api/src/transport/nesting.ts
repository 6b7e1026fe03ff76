import { TidemarkError } from '@tidemark/domain';

/** No request of this API nests deeper than a handful of levels; what checks them goes down level by level. */
const LEVELS_MAX = 32;

/** Throws `validation_failed` for a body that is nested deeper than any request can be. */
export function refuseDeepNesting(body: unknown): void {
  let level: readonly unknown[] = [body];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > LEVELS_MAX) {
      throw new TidemarkError('validation_failed', {
        problems: [{ field: 'body', problem: `is nested deeper than ${LEVELS_MAX} levels` }],
      });
    }
    level = level.flatMap(membersOf);
  }
}

const membersOf = (value: unknown): readonly unknown[] =>
  typeof value === 'object' && value !== null ? Object.values<unknown>({ ...value }) : [];
