import type { Command } from 'commander';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { UserError, type Terminal } from '../terminal.js';
import { shower, type GlobalOptions } from './context.js';

/** `tidemark init`. */
export function addInitCommand(program: Command, terminal: Terminal): void {
  program
    .command('init')
    .argument('[folder]', 'where to put it', '.')
    .description('write the beginnings of a job')
    .action(async (folder: string, _: object, command: Command) => {
      const target = resolve(terminal.cwd, folder);
      const files = filesOf(jobName(target));
      const paths = Object.keys(files).map((path) => join(target, path));
      for (const path of paths)
        if (await exists(path)) throw new UserError(`${relative(terminal.cwd, path)} exists already.`);
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(target, path)), { recursive: true });
        await writeFile(join(target, path), text, { flag: 'wx' });
      }
      const job = relative(terminal.cwd, join(target, 'src/job.ts'));
      const show = shower(terminal, command.optsWithGlobals<GlobalOptions>());
      show({ files: paths.map((path) => relative(terminal.cwd, path)) }, [
        `wrote ${job}`,
        `next: tidemark submit ${job} --wait`,
      ]);
    });
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

function jobName(folder: string): string {
  const name = basename(folder)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  return name === '' ? 'my-job' : name;
}

const filesOf = (name: string): { readonly [path: string]: string } => ({
  'package.json': `${JSON.stringify(
    { name, private: true, type: 'module', dependencies: { '@tidemark/streams': '^0.1.0' } },
    null,
    2,
  )}\n`,
  'tsconfig.json': `${JSON.stringify(
    { compilerOptions: { target: 'es2023', module: 'nodenext', strict: true, noEmit: true }, include: ['src'] },
    null,
    2,
  )}\n`,
  'src/job.ts': `import { defineJob, rate, toLog } from '@tidemark/streams';

// Ten numbers a second, counted by their last digit. Sources, stateful operators and sinks carry a name of their own:
// offsets and state are bound to it, so the code around it may change freely.
export default defineJob({ name: '${name}', batchInterval: '1 s' }, (job) => {
  job
    .source('numbers', rate({ recordsPerSecond: 10 }))
    .keyBy(({ value }) => value % 10)
    .updateStateByKey('count-by-digit', (seen, count: number | undefined) => (count ?? 0) + seen.length)
    .to('counts', toLog());
});
`,
});
