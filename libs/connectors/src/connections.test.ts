import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { aContext } from './connector.contract.js';
import { Connections } from './connections.js';

async function connectionsOf(text: string): Promise<Connections> {
  const { filesRoot } = await aContext();
  const file = join(filesRoot, 'connections.json');
  await writeFile(file, text);
  return new Connections(file);
}

describe('the file of connections', () => {
  it('gives each tenant its own', async () => {
    const url = 'postgres://u:p@db/x';
    const connections = await connectionsOf(JSON.stringify({ a: { main: { kind: 'postgres', url } }, b: {} }));
    expect(await connections.find('a', 'main')).toEqual({ kind: 'postgres', url });
    expect(await connections.find('b', 'main')).toBeUndefined();
    expect(await connections.find('constructor', 'name')).toBeUndefined();
    expect(await connections.find('a', 'toString')).toBeUndefined();
  });

  const wrong = [
    '{ "a": { "main": { "kind": "postgres", "url": "postgres://u:hunter2@db/x" }, } }',
    '{ "a": { "main": { "kind": "mysql", "url": "postgres://u:hunter2@db/x" } } }',
    '{ "a": { "main": { "kind": "postgres", "url": "http://u:hunter2@db/x" } } }',
    '"hunter2"',
  ];
  for (const text of wrong) {
    it(`says nothing of its contents when it is wrong: ${text.slice(0, 45)}`, async () => {
      const connections = await connectionsOf(text);
      const error: unknown = await connections.find('a', 'main').catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(Error);
      expect(`${String(error)} ${JSON.stringify(error)} ${String((error as Error).cause)}`).not.toContain('hunter2');
    });
  }
});
