import { z } from 'zod';

/** What Postgres keeps of a name; a longer one would be cut in silence, and two could become one. */
const NAME_BYTES_MAX = 63;

export const sqlName = z
  .string()
  .min(1)
  .refine((name) => Buffer.byteLength(name) <= NAME_BYTES_MAX && !name.includes('\0'), {
    message: `a name of at most ${NAME_BYTES_MAX} bytes is needed`,
  });

const PLAIN_TYPE =
  'smallint|integer|int|bigint|real|double precision|numeric|boolean|text|varchar|char|uuid|date|time|timestamp|timestamptz|interval|json|jsonb|bytea';

/** A column type goes into a statement as it stands, so only known ones pass. */
export const sqlType = z
  .string()
  .regex(
    new RegExp(`^(?:${PLAIN_TYPE})(?:\\(\\d{1,4}(?:, ?\\d{1,4})?\\))?(?:\\[\\])?(?: not null)?$`, 'i'),
    'this column type is not known',
  );

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

export const quotedList = (names: readonly string[]): string => names.map(quoted).join(', ');
