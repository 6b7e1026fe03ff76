import { TidemarkError } from '@tidemark/domain';

/** No request of this API nests deeper than a handful of levels; what checks them goes down level by level. */
const LEVELS_MAX = 32;
/** What turns an object into an instance of its class compares each member's name with all the others. */
const MEMBERS_MAX = 1_000;
/** As many offsets as one request may set; a list that is longer than its field allows is checked item by item all the same. */
const ITEMS_MAX = 10_000;
const VALUES_MAX = 100_000;

/** Throws `validation_failed` for a body that is deeper, wider or larger than any request can be. Takes time in its values. */
export function refuseLargeBody(body: unknown): void {
  let level: readonly unknown[] = [body];
  let values = 0;
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > LEVELS_MAX) refuse(`is nested deeper than ${LEVELS_MAX} levels`);
    values += level.length;
    if (values > VALUES_MAX) refuse(`holds more than ${VALUES_MAX} values`);
    level = level.flatMap(membersOf);
  }
}

function membersOf(value: unknown): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) {
    if (value.length > ITEMS_MAX) refuse(`holds a list of more than ${ITEMS_MAX} items`);
    return value;
  }
  const members = Object.values<unknown>({ ...value });
  if (members.length > MEMBERS_MAX) refuse(`holds an object with more than ${MEMBERS_MAX} members`);
  return members;
}

function refuse(problem: string): never {
  throw new TidemarkError('validation_failed', { problems: [{ field: 'body', problem }] });
}
