import { checkValue } from '../../schema/check-value.js';
import { parseSchema } from '../../schema/parse-schema.js';
import type { CheckedNode } from '../checked-definition.js';
import { misuse } from '../failure.js';

/** Refuses a state that is not as the node's schema says; undefined where it has none. */
export function stateFormOf({ schema }: CheckedNode): ((state: unknown) => void) | undefined {
  const parsed = schema === undefined ? undefined : parseSchema(schema);
  if (parsed?.outcome !== 'valid') return undefined;
  return (state) => {
    const checked = checkValue(parsed.schema, state);
    if ('value' in checked) return;
    const at = checked.path === '' ? '' : ` at ${checked.path}`;
    throw misuse(`the state does not fit its schema${at}: ${checked.reason}`);
  };
}
