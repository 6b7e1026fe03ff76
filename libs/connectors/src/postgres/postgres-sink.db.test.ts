import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isTidemarkError } from '@tidemark/domain';
import type { Sink } from '@tidemark/engine';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { aContext, aNode } from '../connector.contract.js';
import { Connections } from '../connections.js';
import { openSink } from '../connectors.js';
import { aWrite, exactlyOnceSinkContract } from '../sink.contract.js';
import { CuttingProxy } from './cutting-proxy.contract.js';

const serverUrl = new URL(process.env['TEST_DATABASE_URL'] ?? 'postgres://unset');
const databaseName = `sink_${randomUUID().replaceAll('-', '')}`;
const databaseUrl = new URL(`/${databaseName}`, serverUrl);
let admin: Client;

beforeAll(async () => {
  await asked(serverUrl, `CREATE DATABASE ${databaseName}`);
  admin = new Client({ connectionString: databaseUrl.href });
  await admin.connect();
});

afterAll(async () => {
  await admin.end();
  await asked(serverUrl, `DROP DATABASE ${databaseName} WITH (FORCE)`);
});

const COLUMNS = { batch: 'integer', row: 'integer', text: 'text' };

/** A schema of its own for each test, with a sink that writes into it. */
async function aTarget(options: { readonly url?: URL } = {}) {
  const schema = `s_${randomUUID().replaceAll('-', '')}`;
  await admin.query(`CREATE SCHEMA ${schema}`);
  const context = await aContext();
  const file = join(context.filesRoot, 'connections.json');
  await writeFile(
    file,
    JSON.stringify({ demo: { main: { kind: 'postgres', url: (options.url ?? databaseUrl).href } } }),
  );
  const withConnections = { ...context, connections: new Connections(file) };
  return {
    schema,
    open: async (more: object = { columns: COLUMNS }, uid = 'lines'): Promise<Sink> => {
      const node = { ...aNode('sink', 'postgres', { connection: 'main', table: 'out', schema, ...more }), uid };
      const sink = await openSink(node, withConnections);
      onTestFinished(() => sink.close());
      return sink;
    },
    rows: async (): Promise<readonly string[]> => {
      const { rows } = await admin.query<{ row: string }>(`SELECT row_to_json(o)::text AS row FROM ${schema}.out o`);
      return rows.map(({ row }) => row);
    },
  };
}

exactlyOnceSinkContract('postgres', async () => {
  const proxy = await CuttingProxy.open({ host: serverUrl.hostname, port: Number(serverUrl.port) });
  onTestFinished(() => proxy.close());
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${proxy.port}`;
  const { open, rows } = await aTarget({ url });
  return {
    open,
    rows,
    dyingAt: async (step, write) => {
      proxy.cutAt({ request: Math.ceil(step / 2), moment: step % 2 === 1 ? 'before_request' : 'before_answer' });
      try {
        await write();
        return proxy.wasCut ? 'died' : 'survived';
      } catch (error) {
        if (!isTidemarkError(error) || error.code !== 'sink_unavailable') throw error;
        return 'died';
      } finally {
        proxy.revive();
      }
    },
  };
});

describe('the postgres sink', () => {
  it('goes on by itself after the database dropped its connection', async () => {
    const { open, rows } = await aTarget();
    const sink = await open();
    await sink.write(aWrite(1));
    await admin.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tidemark' AND datname = $1`,
      [databaseName],
    );
    expect(await sink.write(aWrite(2))).toBe('written');
    expect(await rows()).toHaveLength(6);
  });

  it('R17: knows that a batch was committed when only the answer got lost', async () => {
    const proxy = await CuttingProxy.open({ host: serverUrl.hostname, port: Number(serverUrl.port) });
    onTestFinished(() => proxy.close());
    const url = new URL(databaseUrl);
    url.host = `127.0.0.1:${proxy.port}`;
    const { open, rows } = await aTarget({ url });
    const sink = await open();
    await sink.write(aWrite(1));
    // BEGIN, mark, members, columns, insert, COMMIT.
    proxy.cutAt({ request: 6, moment: 'before_answer' });
    await expect(sink.write(aWrite(2))).rejects.toMatchObject({ code: 'sink_unavailable' });
    expect(await rows()).toHaveLength(6);
    proxy.revive();
    expect(await sink.write(aWrite(2))).toBe('already_held');
    expect(await rows()).toHaveLength(6);
  });

  it('keeps one mark for a sink and timeline, however many batches it writes', async () => {
    const { schema, open } = await aTarget();
    const sink = await open();
    for (const batch of [1, 2, 5]) await sink.write(aWrite(batch));
    const { rows } = await admin.query(
      `SELECT job_id, sink_uid, timeline::int, batch_id::int, rows::int FROM ${schema}.tidemark_commits`,
    );
    expect(rows).toEqual([{ job_id: 'job_a', sink_uid: 'lines', timeline: 1, batch_id: 5, rows: 3 }]);
  });

  it('refuses a batch of a timeline that was left, also one that it has never held', async () => {
    const { open, rows } = await aTarget();
    const [late, next] = [await open(), await open()];
    await late.write(aWrite(1));
    await next.write({ ...aWrite(2), timeline: 2 });
    const before = await rows();

    await expect(late.write(aWrite(2))).rejects.toMatchObject({
      code: 'sink_refused',
      message: expect.stringContaining('timeline 1, which was left') as string,
    });
    expect(await rows()).toEqual(before);
    expect(await next.write({ ...aWrite(3), timeline: 2 })).toBe('written');
  });

  it('makes a late writer wait for the first batch of the timeline that comes after its own', async () => {
    const { schema, open, rows } = await aTarget();
    const [late, next] = [await open(), await open()];
    await late.write(aWrite(1));
    const blocker = new Client({ connectionString: databaseUrl.href });
    await blocker.connect();
    onTestFinished(() => blocker.end());
    // The new timeline's writer has its mark, and waits for the table.
    await blocker.query(`BEGIN; LOCK TABLE ${schema}.out IN ACCESS EXCLUSIVE MODE`);
    const first = next.write({ ...aWrite(2), timeline: 2 });
    await waitingFor('relation');
    const outcome = late.write(aWrite(2)).catch((error: unknown) => error);
    await waitingFor('advisory');
    await blocker.query('COMMIT');

    expect(await first).toBe('written');
    expect(await outcome).toMatchObject({ code: 'sink_refused' });
    expect(await rows()).toHaveLength(6);
  });

  /** Until a connection of a sink waits for a lock of this kind. */
  const waitingFor = (kind: string): Promise<void> =>
    vi.waitFor(
      async () => {
        const { rows } = await admin.query(
          `SELECT 1 FROM pg_stat_activity WHERE datname = $1 AND wait_event_type = 'Lock' AND wait_event = $2`,
          [databaseName, kind],
        );
        expect(rows).toHaveLength(1);
      },
      { timeout: 10_000, interval: 10 },
    );

  it('keeps two sinks on one table apart', async () => {
    const { open, rows } = await aTarget();
    const sinks = [await open(undefined, 'one'), await open(undefined, 'two')];
    for (const sink of sinks) expect(await sink.write(aWrite(1))).toBe('written');
    expect(await rows()).toHaveLength(6);
  });

  it('replaces the row of a key under upsert; the last one of a batch counts', async () => {
    const { open, rows } = await aTarget();
    const sink = await open({ columns: { airport: 'text', flights: 'bigint' }, mode: 'upsert', key: ['airport'] });
    await sink.write(
      documents(1, { airport: 'ORD', flights: 1 }, { airport: 'JFK', flights: 2 }, { airport: 'ORD', flights: 3 }),
    );
    await sink.write(documents(2, { airport: 'JFK', flights: 9 }));
    expect((await rows()).toSorted()).toEqual(['{"airport":"JFK","flights":9}', '{"airport":"ORD","flights":3}']);
  });

  it('writes batches that are larger than one statement takes', async () => {
    const { open, rows } = await aTarget();
    const sink = await open({ columns: { n: 'integer', text: 'text' } });
    const many = Array.from({ length: 5_000 }, (_, n) => ({ n, text: 'x'.repeat(2_000) }));
    await sink.write(documents(1, ...many));
    expect(new Set(await rows()).size).toBe(5_000);
  });

  it('leaves columns that no row names to their defaults, and takes nested values as JSON', async () => {
    const { schema, open, rows } = await aTarget();
    await admin.query(
      `CREATE TABLE ${schema}.out (id integer GENERATED ALWAYS AS IDENTITY, "Odd ""name" text, more jsonb, tags text[])`,
    );
    const sink = await open({});
    await sink.write(documents(1, { 'Odd "name': 'a', more: { x: [1] }, tags: ['p', 'q'] }));
    expect((await rows()).map((row) => JSON.parse(row) as unknown)).toEqual([
      { id: 1, 'Odd "name': 'a', more: { x: [1] }, tags: ['p', 'q'] },
    ]);
  });

  it('sees a column that was added while it runs', async () => {
    const { schema, open, rows } = await aTarget();
    const sink = await open({ columns: { a: 'integer' } });
    await sink.write(documents(1, { a: 1 }));
    await admin.query(`ALTER TABLE ${schema}.out ADD COLUMN b integer`);
    await sink.write(documents(2, { a: 2, b: 2 }));
    expect(await rows()).toContain('{"a":2,"b":2}');
  });

  it('works for a role that may write rows and create nothing', async () => {
    const role = `writer_${randomUUID().replaceAll('-', '')}`;
    await admin.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
    onTestFinished(async () => void (await admin.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`)));
    const url = new URL(databaseUrl);
    url.username = role;
    url.password = 'secret';
    const { schema, open, rows } = await aTarget({ url });
    await admin.query(`CREATE TABLE ${schema}.out (batch integer, row integer, text text)`);
    await expect(open()).rejects.toMatchObject({ code: 'sink_refused' });

    const owner = await aTarget();
    const prepared = await owner.open();
    await prepared.close();
    await admin.query(`CREATE TABLE ${schema}.tidemark_commits (LIKE ${owner.schema}.tidemark_commits INCLUDING ALL)`);
    await admin.query(
      `GRANT USAGE ON SCHEMA ${schema} TO ${role}; GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA ${schema} TO ${role}`,
    );
    const sink = await open();
    expect(await sink.write(aWrite(1))).toBe('written');
    expect(await rows()).toHaveLength(3);
    await sink.close();
  });

  const refusals: readonly (readonly [what: string, document: unknown, says: RegExp])[] = [
    ['a member that is no column', { batch: 1, colour: 'red' }, /the member "colour", which is no column/],
    ['a value that the column cannot hold', { batch: 'one' }, /invalid input syntax for type integer.*22P02/],
    ['a character that Postgres cannot hold', { text: 'a\0b' }, /22P05/],
    ['a row that is no object', 7, /SQLSTATE 22023/],
    ['a row without members', {}, /no members/],
  ];
  for (const [what, document, says] of refusals) {
    it(`refuses ${what}, and keeps nothing of the batch`, async () => {
      const { open, rows } = await aTarget();
      const sink = await open();
      await expect(sink.write(documents(1, document))).rejects.toMatchObject({
        code: 'sink_refused',
        message: expect.stringMatching(says),
      });
      expect(await rows()).toEqual([]);
      expect(await sink.write(aWrite(1))).toBe('written');
    });
  }

  it('refuses a table that is not there and was not described', async () => {
    const { open } = await aTarget();
    await expect(open({})).rejects.toMatchObject({
      code: 'sink_refused',
      message: expect.stringContaining('there is no table'),
    });
  });

  it('tells nothing of the connection when the database cannot be reached or does not let it in', async () => {
    const wrong = new URL(databaseUrl);
    wrong.password = 'hunter2';
    const absent = new URL('postgres://someone:hunter2@127.0.0.1:1/nowhere');
    for (const url of [wrong, absent]) {
      const { open } = await aTarget({ url });
      const error: unknown = await open().catch((caught: unknown) => caught);
      expect(error).toMatchObject({ code: 'sink_unavailable' });
      const told = JSON.stringify([String(error), error, (error as Error).cause, (error as Error).stack]);
      for (const secret of ['hunter2', '127.0.0.1', 'someone', 'nowhere']) expect(told).not.toContain(secret);
    }
  });

  it('is refused without a connection of that name for this tenant', async () => {
    const context = await aContext();
    const file = join(context.filesRoot, 'connections.json');
    await writeFile(file, JSON.stringify({ other: { main: { kind: 'postgres', url: databaseUrl.href } } }));
    const node = aNode('sink', 'postgres', { connection: 'main', table: 'out' });
    for (const connections of [new Connections(file), new Connections(undefined), new Connections(`${file}.none`)]) {
      await expect(openSink(node, { ...context, connections })).rejects.toMatchObject({
        code: 'connector_refused',
        message: expect.stringContaining('there is no connection called "main"'),
      });
    }
  });
});

const documents = (batchId: number, ...rows: readonly unknown[]) => ({
  timeline: 1,
  batchId,
  batchTimeMs: 1_700_000_000_000 + batchId * 500,
  rows: rows.length,
  bytes: Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join('')),
});

async function asked(url: URL, sql: string): Promise<void> {
  const client = new Client({ connectionString: url.href });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
