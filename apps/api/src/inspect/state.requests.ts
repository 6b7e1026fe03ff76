import { TidemarkError } from '@tidemark/domain';
import { readRowCursor, type RowPosition } from '@tidemark/checkpoint';
import { TextField, WholeNumberField } from '../transport/fields.js';
import { notACursor } from '../transport/paging.js';

const LIMIT_MAX = 1_000;
const LIMIT_DEFAULT = 20;
/** Of a uid, a table or a key in an address; addresses end at 16 KiB. */
const TEXT_MAX = 4_000;

/** What lists of an operator's state have in common. */
class OfOperatorQuery {
  @TextField({ max: TEXT_MAX, description: 'Uid of the operator.' })
  readonly operator!: string;

  @TextField({
    optional: true,
    max: TEXT_MAX,
    description: 'Only this table; operators with windows or timers have several.',
  })
  readonly table?: string;

  @TextField({
    optional: true,
    max: 8_000,
    description: 'The `next` of the page before; without it the first page. Valid for every checkpoint.',
  })
  readonly after?: string;

  @WholeNumberField({
    optional: true,
    inQuery: true,
    min: 1,
    max: LIMIT_MAX,
    default: LIMIT_DEFAULT,
    description:
      'Items on the page at most. There may be fewer, or none, although `next` is not null: a page is bounded in bytes too.',
  })
  readonly limit: number = LIMIT_DEFAULT;
}

export class StateQuery extends OfOperatorQuery {
  @TextField({
    optional: true,
    max: TEXT_MAX,
    description:
      'Only this key: a string, a number or a boolean as JSON, or a text that stands for itself. `42` is the number and the ' +
      'text, `"42"` the text alone, and `null` what the operator keeps for itself. 404 if there is no state of it.',
  })
  readonly key?: string;
}

export class DifferenceListQuery extends OfOperatorQuery {}

/** Throws `validation_failed` for a text that no page has given out. */
export function rowAfter({ after }: { readonly after?: string }): RowPosition | undefined {
  if (after === undefined) return undefined;
  const position = readRowCursor(after);
  if (position === undefined) throw notACursor();
  return position;
}

/** The JSON texts of the keys that a text may mean. Throws `state_key_invalid`. */
export function keysMeant(text: string): readonly string[] {
  const refuse = (reason: string): TidemarkError => new TidemarkError('state_key_invalid', { key: text, reason });
  let key: unknown;
  try {
    key = JSON.parse(text);
  } catch {
    if (/^\s*["[{]/.test(text)) throw refuse('it begins like JSON and is none');
    return [JSON.stringify(text)];
  }
  if (typeof key === 'string') return [JSON.stringify(key)];
  if (typeof key === 'object' && key !== null) throw refuse('a key is neither an object nor an array');
  // Too large a number reads as infinite, which no key is.
  const asJson = typeof key === 'number' && !Number.isFinite(key) ? [] : [JSON.stringify(key)];
  return [...asJson, JSON.stringify(text)];
}
