import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const command = fileURLToPath(new URL('../bin/tidemark.js', import.meta.url));

it('says which Node it needs when it is started with an older one', () => {
  const pretence = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })`;

  const { status, stderr } = spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(pretence)}`, command, 'help'],
    { encoding: 'utf8' },
  );

  expect(status).toBe(1);
  expect(stderr).toMatch(/^The tidemark command needs Node 24 or later, and this is Node 20\.20\.2: .*\n$/);
});
