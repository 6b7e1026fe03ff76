// Sink `postgres`: exactly once. One transaction inserts a batch's rows and moves the sink's mark in
// `tidemark_commits`, one row for each (job, sink, timeline) that holds the highest batch written. Batches of a
// timeline come in order, so a batch at or below the mark is held already: by an attempt whose answer was lost, or by
// the run that took over from this one. Of two writers of one sink the second waits for the first one's lock, then sees its
// mark. A timeline that was left is written to no more: under `upsert`, a late run would put old rows in place of new ones.
import { createHash } from 'node:crypto';
import { Client } from 'pg';
import { TidemarkError, type JobId } from '@tidemark/domain';
import type { Sink, SinkWrite } from '@tidemark/engine';
import { z } from 'zod';
import { connectorEnd, refused, type ConnectorContext } from '../connector.js';
import { ConnectionsUnreadable } from '../connections.js';
import { quoted, quotedList, sqlName, sqlType } from './identifiers.js';
import { asSinkError, isUnavailable } from './postgres-failures.js';
import { rowPieces } from './row-pieces.js';
import {
  columnsOf,
  commitsName,
  ensureTables,
  isReserved,
  requireTarget,
  tableName,
  type Target,
} from './target-table.js';

const PIECE_BYTES_MAX = 4 * 1024 * 1024;
const CONNECT_TIMEOUT_MS = 10_000;
const STATEMENT_TIMEOUT_MS = 60_000;
/** A runner that is frozen inside a transaction holds the mark's row; the server ends it, and the next run goes on. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 5_000;
const COLUMNS_MAX = 500;

const options = z
  .strictObject({
    connection: z.string().min(1).max(200),
    table: sqlName.refine((table) => !isReserved(table), 'this table belongs to the sink itself'),
    schema: sqlName.default('public'),
    columns: z.record(sqlName, sqlType).optional(),
    mode: z.enum(['append', 'upsert']).default('append'),
    key: z.array(sqlName).min(1).max(32).optional(),
  })
  .check(({ value, issues }) => {
    const wrong = (path: string, message: string): void =>
      void issues.push({ code: 'custom', path: [path], message, input: value });
    const declared = value.columns === undefined ? undefined : Object.keys(value.columns);
    if (declared !== undefined && (declared.length === 0 || declared.length > COLUMNS_MAX)) {
      wrong('columns', `between 1 and ${COLUMNS_MAX} columns are needed`);
    }
    if (value.mode === 'upsert' && value.key === undefined)
      wrong('key', 'mode "upsert" needs the columns that make two rows the same');
    if (value.mode === 'append' && value.key !== undefined) wrong('key', 'only mode "upsert" has a key');
    const unknown = value.key?.find((column) => declared !== undefined && !declared.includes(column));
    if (unknown !== undefined) wrong('key', `"${unknown}" is not among the columns`);
  });
type PostgresOptions = z.infer<typeof options>;

export const postgresSink = connectorEnd(options, openPostgresSink, {
  afterRollback: ({ key }) => (key === undefined ? 'repeats' : 'converges'),
});

async function openPostgresSink(uid: string, settings: PostgresOptions, context: ConnectorContext): Promise<Sink> {
  const url = await urlOf(uid, settings.connection, context);
  const sink = new PostgresSink(uid, url, settings, context.jobId);
  await sink.prepare();
  return sink;
}

class PostgresSink implements Sink {
  readonly guarantee = 'exactly_once';
  private readonly target: Target;
  /** Of all who write to this sink, on whatever timeline: a number that Postgres can lock. */
  private readonly lock: bigint;
  private client: Client | undefined;

  constructor(
    readonly uid: string,
    private readonly url: string,
    private readonly settings: PostgresOptions,
    private readonly jobId: JobId,
  ) {
    const { schema, table, columns, key } = settings;
    this.target = { uid, schema, table, columns, key };
    this.lock = createHash('sha256').update(`${jobId} ${uid} ${schema}`).digest().readBigInt64BE();
  }

  /** Connects and makes sure of the tables, so that what is wrong with them is known before the first batch. */
  async prepare(): Promise<void> {
    await this.using(async (client) => {
      await ensureTables(client, this.target);
      await requireTarget(client, this.target);
    });
  }

  async write(write: SinkWrite): Promise<'written' | 'already_held'> {
    if (write.rows === 0) return 'written';
    return this.using(async (client) => {
      await client.query(`BEGIN; SELECT pg_advisory_xact_lock(${this.lock})`);
      if (!(await this.moveMark(client, write))) {
        await this.requireNewestTimeline(client, write);
        await client.query('ROLLBACK');
        return 'already_held';
      }
      for (const piece of rowPieces(write.bytes, PIECE_BYTES_MAX)) await this.insert(client, piece);
      await client.query('COMMIT');
      return 'written';
    });
  }

  /** Waits for a transaction of a former run that the server is still about to end. */
  async holds({ timeline, batchId }: Pick<SinkWrite, 'timeline' | 'batchId'>): Promise<boolean> {
    return this.using(async (client) => {
      await client.query(`BEGIN; SELECT pg_advisory_xact_lock(${this.lock})`);
      const { rowCount } = await client.query(
        `SELECT 1 FROM ${commitsName(this.target)} WHERE job_id = $1 AND sink_uid = $2 AND timeline = $3 AND batch_id >= $4`,
        [this.jobId, this.uid, timeline, batchId],
      );
      await client.query('ROLLBACK');
      return rowCount === 1;
    });
  }

  async close(): Promise<void> {
    const { client } = this;
    this.client = undefined;
    await client?.end().catch(() => {});
  }

  /** False if the batch is held, or the sink holds batches of a later timeline. */
  private async moveMark(client: Client, { timeline, batchId, batchTimeMs, rows }: SinkWrite): Promise<boolean> {
    const { rowCount } = await client.query(
      `INSERT INTO ${commitsName(this.target)} AS held (job_id, sink_uid, timeline, batch_id, batch_time, rows)
       SELECT $1, $2, $3::bigint, $4::bigint, $5::timestamptz, $6::bigint
        WHERE NOT EXISTS (SELECT 1 FROM ${commitsName(this.target)} WHERE job_id = $1 AND sink_uid = $2 AND timeline > $3)
       ON CONFLICT (job_id, sink_uid, timeline)
       DO UPDATE SET batch_id = EXCLUDED.batch_id, batch_time = EXCLUDED.batch_time, rows = EXCLUDED.rows, committed_at = now()
       WHERE held.batch_id < EXCLUDED.batch_id`,
      [this.jobId, this.uid, timeline, batchId, new Date(batchTimeMs), rows],
    );
    return rowCount === 1;
  }

  /** Throws `sink_refused` where the job has gone on elsewhere: whoever writes this has lost it, and may not know. */
  private async requireNewestTimeline(client: Client, { timeline }: SinkWrite): Promise<void> {
    const { rows } = await client.query<{ newest: string }>(
      `SELECT max(timeline) AS newest FROM ${commitsName(this.target)} WHERE job_id = $1 AND sink_uid = $2`,
      [this.jobId, this.uid],
    );
    const newest = Number(rows[0]?.newest);
    if (newest <= timeline) return;
    const reason = `it holds batches of timeline ${newest}, and this one is of timeline ${timeline}, which was left`;
    throw this.refusal(reason);
  }

  private async insert(client: Client, documents: string): Promise<void> {
    const columns = await this.columnsIn(client, documents);
    const rows = `jsonb_array_elements($1::jsonb) WITH ORDINALITY AS given (document, place),
       LATERAL jsonb_populate_record(NULL::${tableName(this.target)}, document) AS r`;
    const values = columns.map((column) => `r.${quoted(column)}`).join(', ');
    const into = `INSERT INTO ${tableName(this.target)} (${quotedList(columns)})`;
    const { key } = this.settings;
    if (key === undefined) {
      await client.query(`${into} SELECT ${values} FROM ${rows} ORDER BY place`, [documents]);
      return;
    }
    // The last row of a key counts, in a batch as between batches; one statement may not touch a row twice.
    const keys = key.map((column) => `r.${quoted(column)}`).join(', ');
    const others = columns.filter((column) => !key.includes(column));
    const change = others.map((column) => `${quoted(column)} = EXCLUDED.${quoted(column)}`).join(', ');
    await client.query(
      `${into} SELECT DISTINCT ON (${keys}) ${values} FROM ${rows} ORDER BY ${keys}, place DESC
       ON CONFLICT (${quotedList(key)}) DO ${change === '' ? 'NOTHING' : `UPDATE SET ${change}`}`,
      [documents],
    );
  }

  /** The members that occur in these rows. One that is no column would be dropped in silence, so it is refused. */
  private async columnsIn(client: Client, documents: string): Promise<readonly string[]> {
    const { rows } = await client.query<{ name: string }>(
      'SELECT DISTINCT jsonb_object_keys(document) AS name FROM jsonb_array_elements($1::jsonb) AS document ORDER BY name',
      [documents],
    );
    const names = rows.map(({ name }) => name);
    const known = await columnsOf(client, this.target);
    const unknown = names.find((name) => !known.has(name));
    if (unknown !== undefined)
      throw this.refusal(`a row has the member "${unknown}", which is no column of ${tableName(this.target)}`);
    if (names.length === 0) throw this.refusal('a row has no members');
    const absent = this.settings.key?.find((column) => !names.includes(column));
    if (absent !== undefined) throw this.refusal(`a row lacks the key column "${absent}"`);
    return names;
  }

  /**
   * Runs `act` on a connection, and once more on a fresh one if the database was to blame. An answer that got lost may
   * stand for a transaction that was committed; doing it again is safe because the mark is looked at first.
   */
  private async using<T>(act: (client: Client) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await act(await this.connected());
      } catch (error) {
        await this.discard();
        if (attempt === 1 && isUnavailable(error) && !(error instanceof TidemarkError)) continue;
        throw asSinkError(this.uid, this.settings.connection, error);
      }
    }
  }

  private async connected(): Promise<Client> {
    if (this.client !== undefined) return this.client;
    const client = new Client({
      connectionString: this.url,
      application_name: 'tidemark',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
      keepAlive: true,
    });
    // Between two batches nobody awaits anything: the next query finds the connection gone.
    client.on('error', () => {
      if (this.client === client) this.client = undefined;
    });
    await client.connect();
    this.client = client;
    return client;
  }

  /** Whatever was going on in a transaction ends with its connection. */
  private async discard(): Promise<void> {
    await this.close();
  }

  private refusal(reason: string): TidemarkError {
    return new TidemarkError('sink_refused', { sink: this.uid, reason });
  }
}

async function urlOf(uid: string, name: string, context: ConnectorContext): Promise<string> {
  try {
    const connection = await context.connections.find(context.tenantName, name);
    if (connection !== undefined) return connection.url;
  } catch (error) {
    if (!(error instanceof ConnectionsUnreadable)) throw error;
    throw new TidemarkError('sink_unavailable', { sink: uid, reason: error.message }, { cause: error });
  }
  throw refused(
    uid,
    `option "connection": there is no connection called "${name}"; the operator of the service sets them up`,
  );
}
