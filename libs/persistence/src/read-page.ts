import type { EntityMetadata, ObjectLiteral, SelectQueryBuilder } from 'typeorm';

/** What the rows of a page come to at most, but for a page of one: each may tell of ten thousand partitions, or of schemas. */
const PAGE_BYTES_MAX = 4 * 1024 * 1024;

/**
 * What a query with a limit finds, as far as the rows fit: fewer than there are, but at least one. Goes from one row to the
 * next, so that of what does not fit no more than one is looked at.
 */
export async function readPage<R extends ObjectLiteral>(query: SelectQueryBuilder<R>): Promise<readonly R[]> {
  const metadata = query.expressionMap.mainAlias?.metadata;
  if (metadata === undefined) throw new TypeError('A page is read from a table.');
  const keys = query.clone().select([]);
  for (const { propertyPath, databaseName } of metadata.primaryColumns) {
    keys.addSelect(`${query.alias}.${propertyPath}`, databaseName);
  }
  const [found, parameters] = keys.getQueryAndParameters();
  const [page] = await query.connection.manager.query<Fitting[]>(fittingOf(metadata, found), parameters);
  if (page === undefined || page.rows === 0) return [];
  // Where all fit, the limit stays: rows that have come since must not push out others.
  return (page.full ? query.limit(page.rows) : query).getMany();
}

interface Fitting {
  /** How many rows fit. */
  readonly rows: number;
  /** Whether bytes end the page, not the limit. */
  readonly full: boolean;
}

/** How many of the rows with these keys fit. */
function fittingOf(metadata: EntityMetadata, keys: string): string {
  const isKey = metadata.primaryColumns.map(({ databaseName }) => `t.${databaseName} = k.${databaseName}`);
  return `
  WITH RECURSIVE keys AS MATERIALIZED (SELECT f.*, row_number() OVER () AS place FROM (${keys}) f),
  page AS (
    SELECT 0::bigint AS place, 0::bigint AS bytes
     UNION ALL
    SELECT k.place, p.bytes + (SELECT ${bytesOf(metadata)} FROM ${metadata.tableName} t WHERE ${isKey.join(' AND ')})
      FROM page p JOIN keys k ON k.place = p.place + 1
     WHERE p.bytes <= ${PAGE_BYTES_MAX}
  )
  SELECT max(place) FILTER (WHERE place <= 1 OR bytes <= ${PAGE_BYTES_MAX})::integer AS rows,
         max(bytes) > ${PAGE_BYTES_MAX} AS "full"
    FROM page`;
}

/** JSON as text, which is about what it takes here: as it is stored, repetitive JSON takes next to nothing. */
const bytesOf = ({ columns }: EntityMetadata): string =>
  columns
    .filter(({ type, isSelect }) => isSelect && (type === 'jsonb' || type === 'text'))
    .map(({ databaseName }) => `coalesce(octet_length(t.${databaseName}::text), 0)`)
    .join(' + ');
