import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runnerConfig } from '@tidemark/config';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Failpoints, parseFailpoints } from './failpoints.js';

const enough = {
  TIDEMARK_DATABASE_URL: 'postgres://u:p@localhost/t',
  TIDEMARK_OBJECTS_DIR: '/data/objects',
  TIDEMARK_FILES_DIR: '/data/files',
};

async function aFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-failpoints-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

describe('failpoints', () => {
  it('kill at the time that is named, once over all processes, and nowhere else', async () => {
    const folder = await aFolder();
    const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
    onTestFinished(() => {
      kill.mockRestore();
    });
    const open = () => new Failpoints(parseFailpoints('a/after-commit:2=kill,b/mid-batch:1=pause'), folder);
    const failpoints = open();

    failpoints.reach('after-commit', 'a');
    failpoints.reach('after-plan', 'a');
    failpoints.reach('after-commit', 'b');
    expect(kill).not.toHaveBeenCalled();
    failpoints.reach('after-commit', 'a');
    failpoints.reach('mid-batch', 'b');
    expect(kill.mock.calls).toEqual([
      [process.pid, 'SIGKILL'],
      [process.pid, 'SIGSTOP'],
    ]);
    const next = open();
    for (let time = 0; time < 3; time += 1) next.reach('after-commit', 'a');
    expect(kill).toHaveBeenCalledTimes(2);
    expect((await readdir(folder)).sort()).toEqual(['a.after-commit.2', 'b.mid-batch.1']);
  });

  it.each(['a', 'a/nowhere:1=kill', 'a/after-commit=kill', 'a/after-commit:0=kill', 'a/after-commit:1=explode', ''])(
    'are not read from "%s"',
    (text) => {
      expect(() => parseFailpoints(text)).toThrow(`TIDEMARK_FAILPOINTS has "${text}"`);
    },
  );

  it('fail where it cannot be written down that they have worked', async () => {
    const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
    onTestFinished(() => {
      kill.mockRestore();
    });
    const failpoints = new Failpoints(parseFailpoints('a/after-commit:1=kill'), join(await aFolder(), 'not-there'));

    expect(() => {
      failpoints.reach('after-commit', 'a');
    }).toThrow('ENOENT');
    expect(kill).not.toHaveBeenCalled();
  });

  it('are refused in production, and without a folder', () => {
    const TIDEMARK_FAILPOINTS = 'a/after-commit:1=kill';
    const more = { ...enough, TIDEMARK_FAILPOINTS };
    expect(() => runnerConfig({ ...more, TIDEMARK_FAILPOINTS_DIR: '/tmp', NODE_ENV: 'production' })).toThrow(
      'TIDEMARK_FAILPOINTS must not be set in production',
    );
    expect(() => runnerConfig(more)).toThrow('TIDEMARK_FAILPOINTS needs TIDEMARK_FAILPOINTS_DIR');
    expect(runnerConfig({ ...more, TIDEMARK_FAILPOINTS_DIR: '/tmp' }).failpoints).toEqual({
      text: TIDEMARK_FAILPOINTS,
      folder: '/tmp',
    });
    expect(runnerConfig({ ...enough, NODE_ENV: 'production' }).failpoints).toBeUndefined();
  });
});
