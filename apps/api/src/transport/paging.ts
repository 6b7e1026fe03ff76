import { isId, TidemarkError, type IdKind, type IdOf, type Page } from '@tidemark/domain';
import { INTEGER_MAX, TextField, WholeNumberField } from './fields.js';
import { Shown, shownType } from './shown.js';

export const PAGE_LIMIT_MAX = 100;
const PAGE_LIMIT_DEFAULT = 20;

/** `?after=&limit=` of every list. */
export class PageQuery {
  @TextField({ optional: true, max: 80, description: 'The `next` of the page before; without it the first page.' })
  readonly after?: string;

  @WholeNumberField({
    optional: true,
    inQuery: true,
    min: 1,
    max: PAGE_LIMIT_MAX,
    default: PAGE_LIMIT_DEFAULT,
    description:
      'Items on the page at most. There may be fewer although `next` is not null: a page is bounded in bytes too.',
  })
  readonly limit: number = PAGE_LIMIT_DEFAULT;
}

export interface PageAnswer<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

/**
 * Asks for one item more than the page holds: that there is one tells that there is a next page. Where there are fewer, whether
 * there are more is asked for: a store bounds what it gives in bytes as well.
 */
export async function pageOf<Item, Cursor extends string | number, Answer>(
  query: PageQuery,
  list: {
    readonly cursor: (text: string) => Cursor;
    readonly read: (page: Page<Cursor>) => Promise<readonly Item[]>;
    readonly cursorOf: (item: Item) => Cursor;
    readonly show: (item: Item) => Answer;
  },
): Promise<PageAnswer<Answer>> {
  const after = query.after === undefined ? {} : { after: list.cursor(query.after) };
  const found = await list.read({ ...after, limit: query.limit + 1 });
  const items = found.slice(0, query.limit);
  const last = items.at(-1);
  if (last === undefined) return { items: [], next: null };
  const hasMore = found.length > items.length || (await list.read({ after: list.cursorOf(last), limit: 1 })).length > 0;
  const next = hasMore ? String(list.cursorOf(last)) : null;
  return { items: items.map(list.show), next };
}

/** The documented class of a page of `item`. */
export function pageClass<Item extends object>(item: new () => Item, name: string): new () => PageAnswer<Item> {
  class PageOfItems implements PageAnswer<Item> {
    @Shown('The items, in the order of the list.', [item])
    readonly items!: readonly Item[];

    @Shown('What to send as `after` for the next page; null on the last one.', 'string', { nullable: true })
    readonly next!: string | null;
  }
  return shownType(name, PageOfItems);
}

// One constant each: inside a generic call the compiler cannot tell which kind a fresh cursor is of.
const idCursor =
  <K extends IdKind>(kind: K) =>
  (text: string): IdOf<K> => {
    if (isId(kind, text)) return text;
    throw notACursor();
  };

/** Each reads an id of its kind as a cursor. Throws `validation_failed`. */
export const tenantCursor = idCursor('tenant');
export const apiKeyCursor = idCursor('apiKey');
export const jobCursor = idCursor('job');
export const runCursor = idCursor('run');
export const checkpointCursor = idCursor('checkpoint');
export const planCursor = idCursor('plan');
export const decisionCursor = idCursor('decision');
export const savepointCursor = idCursor('savepoint');
export const rollbackCursor = idCursor('rollback');
export const deadLetterCursor = idCursor('deadLetter');
export const auditCursor = idCursor('auditEvent');

const numberCursor =
  (max: number) =>
  (text: string): number => {
    if (/^\d{1,16}$/.test(text) && Number(text) <= max) return Number(text);
    throw notACursor();
  };

/** Each reads a number as a cursor, within what the database counts with. Throws `validation_failed`. */
export const revisionCursor = numberCursor(INTEGER_MAX);
export const batchCursor = numberCursor(Number.MAX_SAFE_INTEGER);

export const notACursor = (): TidemarkError =>
  new TidemarkError('validation_failed', {
    problems: [{ field: 'after', problem: 'is not the "next" of a page of this list' }],
  });

const SEQ_MAX = 2n ** 63n - 1n;

/** Reads the sequence number of an event. Throws `validation_failed` that names `field`. */
export function seqCursor(text: string, field: string): string {
  if (/^\d{1,19}$/.test(text) && BigInt(text) <= SEQ_MAX) return text;
  throw new TidemarkError('validation_failed', { problems: [{ field, problem: 'is not the "seq" of an event' }] });
}
