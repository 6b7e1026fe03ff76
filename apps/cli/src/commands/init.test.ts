import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../run-cli.js';

let folder: string;
let clone: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'init-'));
  clone = join(folder, 'clone');
  await mkdir(join(clone, 'libs/streams'), { recursive: true });
  await writeFile(join(clone, 'libs/streams/package.json'), '{}');
});
afterEach(() => rm(folder, { recursive: true }));

async function run(...args: readonly string[]): Promise<{ exitCode: number; said: readonly string[] }> {
  const said: string[] = [];
  const say = (line: string): unknown => said.push(line);
  const interrupted = new AbortController().signal;
  const exitCode = await runCli(args, { cwd: folder, home: folder, clone, env: {}, interrupted, out: say, err: say });
  return { exitCode, said };
}

describe('tidemark init', () => {
  it('writes a job named after the folder, and never over what is there', async () => {
    expect((await run('init', 'My Flights')).said).toContain('wrote My Flights/src/job.ts');
    expect(await readFile(join(folder, 'My Flights/src/job.ts'), 'utf8')).toContain("name: 'my-flights'");

    expect(await run('init', 'My Flights')).toEqual({ exitCode: 1, said: ['My Flights/package.json exists already.'] });
  });

  it('names the commands that come next, beginning in the folder', async () => {
    expect((await run('init', 'My Flights')).said.slice(-6)).toEqual([
      'next:',
      '  cd "My Flights"',
      '  npm install',
      '  npm test',
      '  npm run tidemark -- submit src/job.ts --wait',
      `The last one needs "npm start" to run in ${clone}.`,
    ]);
    expect((await run('init')).said).not.toContainEqual(expect.stringContaining('cd '));
  });

  it('takes what a job imports, and the command, from the clone', async () => {
    await run('init', 'flights');
    expect(JSON.parse(await readFile(join(folder, 'flights/package.json'), 'utf8'))).toMatchObject({
      scripts: { tidemark: `"${process.execPath}" "${join(clone, 'apps/cli/bin/tidemark.js')}"` },
      dependencies: { '@tidemark/streams': `file:${join(clone, 'libs/streams')}` },
    });
  });

  it('writes nothing where it could not be installed', async () => {
    await rm(join(clone, 'libs'), { recursive: true });
    expect(await run('init', 'flights')).toEqual({
      exitCode: 1,
      said: [expect.stringMatching(/libs\/streams is not there, and a job imports it: run "init" with/)],
    });
    await expect(readFile(join(folder, 'flights/package.json'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('leads to a service that runs in the clone, wherever the job lies', async () => {
    await mkdir(join(clone, '.tidemark'));
    await writeFile(join(clone, '.tidemark/instance.json'), '{}');
    expect(await run('list')).toEqual({
      exitCode: 1,
      said: [`${join(clone, '.tidemark/instance.json')} does not name a service. Start it again with "npm start".`],
    });
  });
});
