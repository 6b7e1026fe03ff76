import { DEFAULT_FLOW } from '@tidemark/domain';
import { describe, expect, it } from 'vitest';
import { checkNode } from './connectors.js';
import { aNode } from './connector.contract.js';

const source = (connector: string, options: object) => aNode('source', connector, { ...options });
const sink = (connector: string, options: object) => aNode('sink', connector, { ...options });

describe('checking a node at submission', () => {
  const good = [
    source('files', { path: 'flights/2001', format: 'json', recordsPerSecond: 100, maxBytesPerBatch: 1_000_000 }),
    source('rate', { recordsPerSecond: 0.1 }),
    source('socket', { host: 'feed.example', port: 9_999, format: 'text' }),
    sink('files', { path: 'out' }),
    sink('postgres', {
      connection: 'main',
      table: 'delays',
      columns: { airport: 'text', mean: 'numeric(10,2)' },
      mode: 'upsert',
      key: ['airport'],
    }),
    sink('log', {}),
  ];
  for (const node of good) {
    it(`accepts the ${node.connector} ${node.kind}`, () => {
      expect(() => checkNode(node)).not.toThrow();
    });
  }

  it.each(['rate', 'socket', 'files'] as const)('takes the same limits for the source %s', (name) => {
    const needed = { rate: {}, socket: { host: 'a', port: 1, format: 'text' }, files: { path: 'a', format: 'json' } };
    const limits = { recordsPerSecond: 5, maxRecordsPerBatch: 10, maxBytesPerBatch: 1_000 };
    expect(() => checkNode(source(name, { ...needed[name], ...limits }))).not.toThrow();
    expect(() => checkNode(source(name, { ...needed[name], ...limits, maxRecordsPerBatch: 0 }))).toThrow(
      'option "maxRecordsPerBatch"',
    );
  });

  it.each([
    [{ ...DEFAULT_FLOW, trigger: 'available-now' }, 'the trigger "available-now"'],
    [{ ...DEFAULT_FLOW, downtime: 'skip' }, 'the downtime policy "skip"'],
  ] as const)('refuses a source that cannot tell its backlog where %j needs it', (flow, says) => {
    const socket = source('socket', { host: 'a', port: 1, format: 'text' });
    expect(() => checkNode(socket, flow)).toThrow(says);
    expect(() => checkNode(socket)).not.toThrow();
    expect(() => checkNode(source('files', { path: 'a', format: 'json' }), flow)).not.toThrow();
  });

  it('leaves other nodes alone', () => {
    expect(() => checkNode({ ...source('files', {}), kind: 'map', connector: undefined })).not.toThrow();
  });

  const bad: readonly (readonly [node: ReturnType<typeof source>, says: string])[] = [
    [source('files', { path: 'a', format: 'json', colour: 'red' }), '"lines": there is no option "colour"'],
    [source('files', { format: 'json' }), 'option "path"'],
    [source('files', { path: 'a', format: 'csv' }), 'option "format"'],
    [source('files', { path: 'a', format: 'json', recordsPerSecond: 0 }), 'option "recordsPerSecond"'],
    [source('kafka', {}), 'there is no source called "kafka"; there are files, rate, socket'],
    [source('postgres', {}), 'there is no source called "postgres"'],
    [source('constructor', {}), 'there is no source called "constructor"'],
    [sink('rate', {}), 'there is no sink called "rate"; there are files, log, postgres'],
    [source('socket', { host: '/var/run/postgresql', port: 1, format: 'text' }), 'option "host"'],
    [source('socket', { host: 'a', port: 70_000, format: 'text' }), 'option "port"'],
    [sink('log', { rowsPerBatch: 101 }), 'option "rowsPerBatch"'],
    [sink('postgres', { connection: 'main', table: 'tidemark_commits' }), 'option "table"'],
    [sink('postgres', { connection: 'main', table: 't', mode: 'upsert' }), 'option "key"'],
    [
      sink('postgres', { connection: 'main', table: 't', mode: 'upsert', columns: { a: 'text' }, key: ['b'] }),
      '"b" is not among the columns',
    ],
    [
      sink('postgres', { connection: 'main', table: 't', columns: { a: 'text); DROP TABLE t; --' } }),
      'option "columns.a"',
    ],
  ];
  for (const [node, says] of bad) {
    it(`refuses the ${node.connector} ${node.kind}: ${says}`, () => {
      expect(() => checkNode(node)).toThrow(
        expect.objectContaining({
          code: 'connector_refused',
          message: expect.stringContaining(says),
          params: expect.objectContaining({ at: node.at }),
        }),
      );
    });
  }

  for (const path of ['/etc', '..', 'a/../../b', 'a//b', 'a/', './a', '', 'a\0b', 'a\\b', 'x'.repeat(500)]) {
    it(`refuses the path ${JSON.stringify(path.slice(0, 20))}`, () => {
      expect(() => checkNode(sink('files', { path }))).toThrow('option "path"');
      expect(() => checkNode(source('files', { path, format: 'json' }))).toThrow('option "path"');
    });
  }
});
