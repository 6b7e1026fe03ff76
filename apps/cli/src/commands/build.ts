import { bundleJob } from '@tidemark/bundler';
import type { Command } from 'commander';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, extname, join, relative, resolve } from 'node:path';
import type { Terminal } from '../terminal.js';
import { shower, type GlobalOptions } from './context.js';

/** `tidemark build`. */
export function addBuildCommand(program: Command, terminal: Terminal): void {
  program
    .command('build')
    .argument('<entry>', 'the TypeScript or JavaScript file whose default export is the job')
    .description('bundle a job into one script and its source map')
    .option('--out <folder>', 'where to write them', 'dist')
    .option('--minify', 'make the bundle small')
    .action(async (entry: string, options: { readonly out: string; readonly minify?: boolean }, command: Command) => {
      const { code, sourceMap } = await bundleJob(resolve(terminal.cwd, entry), { minify: options.minify ?? false });
      const folder = resolve(terminal.cwd, options.out);
      const file = join(folder, `${basename(entry, extname(entry))}.js`);
      await mkdir(folder, { recursive: true });
      await writeFile(file, code);
      await writeFile(`${file}.map`, sourceMap);
      const shown = relative(terminal.cwd, file);
      const bytes = Buffer.byteLength(code);
      const show = shower(terminal, command.optsWithGlobals<GlobalOptions>());
      show({ file: shown, map: `${shown}.map`, bytes }, [`${shown}  ${bytes} bytes`]);
    });
}
