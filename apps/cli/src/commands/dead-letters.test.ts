import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../run-cli.js';

const JOB_ID = `job_${'a'.repeat(32)}`;
const LETTER = {
  ...{ id: 'dlt_1', source: 'in', partition: 'a.jsonl', offset: 17, timeline: 1, batchId: 4, bytesTotal: 9, cut: true },
  ...{ code: 'record_unreadable', reason: 'no JSON', status: 'waiting', returns: 2, redrivenBy: null },
  ...{ createdAt: '2026-01-01T00:00:00.000Z', settledAt: null },
};

let server: Server;
let asked: { readonly route: string; readonly body: unknown }[];

beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const route = `${request.method} ${(request.url ?? '').replace(`/v1/jobs/${JOB_ID}`, '')}`;
      asked.push({ route, body: text === '' ? undefined : JSON.parse(text) });
      response.end(JSON.stringify(answerTo(route)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function answerTo(route: string): unknown {
  if (route.startsWith('GET /dead-letters/')) return { ...LETTER, bytes: Buffer.from('{"k": é').toString('base64') };
  if (route.startsWith('GET /dead-letters')) return { items: [LETTER], next: null };
  if (route.startsWith('POST')) {
    return { letters: 2, passedOver: { settled: 1, leftBehind: 0, cut: 3, sourceGone: 0 } };
  }
  return { id: JOB_ID };
}

async function run(...args: readonly string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  const exitCode = await runCli(['dead-letters', ...args], {
    cwd: '/',
    home: '/',
    clone: '/',
    env: {
      TIDEMARK_API_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      TIDEMARK_API_KEY: 'a-secret-key',
    },
    interrupted: new AbortController().signal,
    out: (line) => out.push(line),
    err: (line) => err.push(line),
  });
  return { exitCode, out: out.join('\n'), err: err.join('\n') };
}

describe('tidemark dead-letters', () => {
  it('lists them, as the filter says', async () => {
    const { out } = await run('list', JOB_ID, '--source', 'in', '--status', 'waiting', '--limit', '5');
    expect(out).toMatch(/^dlt_1 +waiting +in +a\.jsonl +17 +4 +9 +record_unreadable +no JSON$/m);
    expect(asked.at(-1)?.route).toBe('GET /dead-letters?source=in&status=waiting&limit=5');
  });

  it('shows one with its record', async () => {
    const { out } = await run('show', JOB_ID, 'dlt_1');
    expect(out).toMatch(/^record +in\/a\.jsonl@17$/m);
    expect(out).toMatch(/^returned +2 times$/m);
    expect(out).toMatch(/^bytes +9, of which only the first are kept$/m);
    expect(out.split('\n').at(-1)).toBe('{"k": é');
  });

  it('re-drives and discards what is chosen, and says what was passed over', async () => {
    expect((await run('redrive', JOB_ID, 'dlt_1', 'dlt_2')).out.split('\n')).toEqual([
      '2 dead letters to be re-driven',
      'passed over 1: settled already',
      'passed over 3: kept in part only',
    ]);
    expect(asked.at(-1)).toEqual({ route: 'POST /dead-letters/redrive', body: { letters: ['dlt_1', 'dlt_2'] } });
    expect((await run('discard', JOB_ID, '--all', '--code', 'record_unreadable')).out).toMatch(
      /^2 dead letters discarded/,
    );
    expect(asked.at(-1)).toEqual({ route: 'POST /dead-letters/discard', body: { all: { code: 'record_unreadable' } } });
  });

  it.each([[[]], [['dlt_1', '--all']], [['dlt_1', '--source', 'in']]])(
    'asks for nothing where it is not clear which are meant: %j',
    async (args) => {
      expect((await run('redrive', JOB_ID, ...args)).exitCode).toBe(1);
      expect(asked).toEqual([]);
    },
  );
});
