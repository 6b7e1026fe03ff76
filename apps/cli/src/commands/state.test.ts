import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../run-cli.js';

const JOB = { id: `job_${'a'.repeat(32)}`, name: 'flights' };
const PATH = `/v1/jobs/${JOB.id}/checkpoints`;

let server: Server;
let answers: { readonly [address: string]: unknown };
let asked: string[];
beforeEach(async () => {
  answers = {};
  asked = [];
  server = createServer((request, response) => {
    const address = decodeURIComponent(request.url ?? '');
    asked.push(address);
    const found = address === `/v1/jobs/${JOB.id}` ? JOB : answers[address];
    const detail = `There is no ${address}.`;
    response.writeHead(found === undefined ? 404 : 200);
    response.end(JSON.stringify(found ?? { type: '', title: '', status: 404, code: 'x', detail, instance: '' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function run(
  ...args: readonly string[]
): Promise<{ readonly exitCode: number; readonly out: readonly string[] }> {
  const out: string[] = [];
  const show = (line: string): void => void out.push(line);
  const exitCode = await runCli(['state', ...args], {
    ...{ cwd: '/', home: '/', clone: '/', interrupted: new AbortController().signal, out: show, err: show },
    env: {
      TIDEMARK_API_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      TIDEMARK_API_KEY: 'a-key',
    },
  });
  return { exitCode, out };
}

const row = (key: unknown, value: unknown, more: object = {}): object => ({
  ...{ key, value, table: 'state', slot: 5, internal: {} },
  ...more,
});
const checkpoints = (...statuses: readonly string[]): object => ({
  items: statuses.map((status, index) => ({ id: `ckp_${statuses.length - index}`, status })),
  next: null,
});

describe('tidemark state get', () => {
  it('shows every table of a key in the newest complete checkpoint', async () => {
    answers = {
      [`${PATH}?limit=100`]: checkpoints('pending', 'complete', 'complete'),
      [`${PATH}/ckp_2/state?operator=by-origin&limit=1000&key=ATL`]: {
        items: [row('ATL', { n: 1 }), row('ATL', [2], { table: 'w2', internal: { '@due': 9 } })],
        next: null,
      },
    };

    expect(await run('get', JOB.id, 'by-origin', 'ATL')).toEqual({
      exitCode: 0,
      out: [
        'KEY    TABLE  SLOT  VALUE    INTERNAL',
        '"ATL"  state     5  {"n":1}  {}',
        '"ATL"  w2        5  [2]      {"@due":9}',
      ],
    });
  });

  it('shows a value to its end, and a list only so much of it', async () => {
    const long = 'x'.repeat(500);
    const page = { items: [row('ATL', long)], next: null };
    answers = {
      [`${PATH}/ckp_1/state?operator=op&limit=1000&key=ATL`]: page,
      [`${PATH}/ckp_1/state?operator=op&limit=20`]: page,
    };

    expect((await run('get', JOB.id, 'op', 'ATL', '--checkpoint', 'ckp_1')).out[1]).toContain(long);
    expect((await run('list', JOB.id, 'op', '--checkpoint', 'ckp_1')).out[1]?.length).toBeLessThan(130);
  });

  it('ends with 1 and the sentence of the service where there is no such key', async () => {
    expect(await run('get', JOB.id, 'op', 'DEN', '--checkpoint', 'ckp_1')).toMatchObject({
      exitCode: 1,
      out: [expect.stringContaining('There is no') as string],
    });
  });

  it('says what to do where there is no complete checkpoint yet', async () => {
    answers = { [`${PATH}?limit=100`]: checkpoints('pending') };

    expect(await run('get', JOB.id, 'op', 'ATL')).toMatchObject({
      exitCode: 1,
      out: [expect.stringContaining('no complete checkpoint yet') as string],
    });
  });
});

describe('tidemark state list', () => {
  it('goes on over pages until it has as many rows as were asked for', async () => {
    const address = `${PATH}/ckp_1/state?operator=op&table=w1&limit=3`;
    answers = {
      [address]: { items: [row('a', 1), row(7, 1)], next: 'p1' },
      [`${address}&after=p1`]: { items: [row(true, 1), row(null, 1)], next: 'p2' },
    };

    const { out } = await run('list', JOB.id, 'op', '--checkpoint', 'ckp_1', '--table', 'w1', '-n', '3');

    expect(out.slice(1).map((line) => line.split(' ')[0])).toEqual(['"a"', '7', 'true']);
    expect(asked.some((each) => each.includes('after=p2'))).toBe(false);
  });

  it('shows JSON for machines', async () => {
    answers = { [`${PATH}/ckp_1/state?operator=op&limit=20`]: { items: [row('a', 1)], next: null } };

    const { out } = await run('list', JOB.id, 'op', '--checkpoint', 'ckp_1', '--json');

    expect(JSON.parse(out.join(''))).toEqual({ checkpointId: 'ckp_1', items: [row('a', 1)] });
  });
});

describe('tidemark state diff', () => {
  const side = (value: unknown, internal: object = {}): object => ({ value, internal });
  const at = { slot: 5, table: 'state' };
  const items = [
    { ...at, key: 'a', change: 'added', before: null, after: side(1) },
    { ...at, key: 'b', change: 'changed', before: side({ n: 1 }), after: side({ n: 2 }) },
    { ...at, key: 'c', change: 'changed', before: side(1, { '@lastMs': 1 }), after: side(1, { '@lastMs': 2 }) },
  ];
  const counts = { kindBefore: 'fold', kindAfter: 'fold', removed: 0, changed: 2, added: 1 };
  const equal = { ...counts, changed: 0, added: 0, kindBefore: null };

  it('shows counts of every operator, and the keys of those that differ', async () => {
    answers = {
      [`${PATH}/ckp_1/diff/ckp_2`]: {
        operators: [
          { uid: 'op', ...counts },
          { uid: 'other', ...equal },
        ],
      },
      [`${PATH}/ckp_1/diff/ckp_2/keys?operator=op&limit=20`]: { items, next: null },
    };

    expect((await run('diff', JOB.id, 'ckp_1', 'ckp_2')).out).toEqual([
      'OPERATOR  KIND      ADDED  REMOVED  CHANGED',
      'op        fold          1        0        2',
      'other     - → fold      0        0        0',
      '',
      'op:',
      'CHANGE   KEY  TABLE  BEFORE         AFTER',
      'added    "a"  state  -              1',
      'changed  "b"  state  {"n":1}        {"n":2}',
      'changed  "c"  state  {"@lastMs":1}  {"@lastMs":2}',
    ]);
  });

  it('asks for no counts where one operator is named', async () => {
    answers = { [`${PATH}/ckp_1/diff/ckp_2/keys?operator=op&limit=2`]: { items: [], next: null } };

    expect((await run('diff', JOB.id, 'ckp_1', 'ckp_2', '--operator', 'op', '-n', '2')).out).toEqual([
      'op: no difference.',
    ]);
    expect(asked).not.toContain(`${PATH}/ckp_1/diff/ckp_2`);
  });
});
