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
    .description('write the beginnings of a job, with a test')
    .action(async (folder: string, _: object, command: Command) => {
      const target = resolve(terminal.cwd, folder);
      const files = filesOf(jobName(target), await packageOfStreams(terminal), terminal);
      const paths = Object.keys(files).map((path) => join(target, path));
      for (const path of paths)
        if (await exists(path)) throw new UserError(`${relative(terminal.cwd, path)} exists already.`);
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(target, path)), { recursive: true });
        await writeFile(join(target, path), text, { flag: 'wx' });
      }
      const written = paths.map((path) => relative(terminal.cwd, path));
      const show = shower(terminal, command.optsWithGlobals<GlobalOptions>());
      show({ files: written }, [
        ...written.map((path) => `wrote ${path}`),
        'next:',
        ...nextCommands(relative(terminal.cwd, target)).map((line) => `  ${line}`),
        `The last one needs "npm start" to run in ${terminal.clone}.`,
      ]);
    });
}

/** No registry has it: a job takes it from the clone whose command has written the job. Throws `UserError`. */
async function packageOfStreams({ clone }: Terminal): Promise<string> {
  const folder = join(clone, 'libs/streams');
  if (await exists(join(folder, 'package.json'))) return folder;
  throw new UserError(
    `${folder} is not there, and a job imports it: run "init" with the command of a clone of Tidemark.`,
  );
}

const nextCommands = (folder: string): readonly string[] => [
  ...(folder === '' ? [] : [`cd ${/^[\w./-]+$/.test(folder) ? folder : quoted(folder)}`]),
  'npm install',
  'npm test',
  'npm run tidemark -- submit src/job.ts --wait',
];

const quoted = (text: string): string => JSON.stringify(text);

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

const filesOf = (name: string, streams: string, { clone }: Terminal): { readonly [path: string]: string } => ({
  'package.json': json({
    name,
    private: true,
    type: 'module',
    scripts: {
      // The Node that this runs with is new enough for both; the one that npm finds may not be.
      test: `${quoted(process.execPath)} --test ${quoted('src/**/*.test.ts')}`,
      tidemark: `${quoted(process.execPath)} ${quoted(join(clone, 'apps/cli/bin/tidemark.js'))}`,
    },
    dependencies: { '@tidemark/streams': `file:${streams}` },
    devDependencies: { '@types/node': '^24.0.0' },
  }),
  'tsconfig.json': json({
    compilerOptions: {
      target: 'es2023',
      module: 'nodenext',
      types: ['node'],
      strict: true,
      noEmit: true,
      allowImportingTsExtensions: true,
    },
    include: ['src'],
  }),
  'src/job.ts': jobSource(name),
  'src/job.test.ts': TEST_SOURCE,
});

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

const jobSource = (name: string): string => JOB_SOURCE.replace("name: 'counting'", `name: '${name}'`);

const JOB_SOURCE = `import { defineJob, rate, toLog } from '@tidemark/streams';

// Ten numbers a second, counted by their last digit. Sources, stateful operators and sinks carry a name of their own:
// offsets and state are bound to it, so the code around it may change freely.
export default defineJob({ name: 'counting', batchInterval: '1 s' }, (job) => {
  const counts = job
    .source('numbers', rate({ recordsPerSecond: 10 }))
    .keyBy(({ value }) => value % 10)
    .updateStateByKey('count-by-digit', (seen, count: number | undefined) => (count ?? 0) + seen.length)
    .map(([digit, count]) => ({ digit, count }));

  counts.to('log', toLog());
});
`;

const TEST_SOURCE = `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testJob } from '@tidemark/streams/testing';
import definition from './job.ts';

test('counts numbers by their last digit, and goes on where it was', async () => {
  const job = testJob(definition);
  job.add('numbers', [{ value: 7 }, { value: 17 }]);
  assert.deepEqual(await job.batch(), { log: [{ digit: 7, count: 2 }] });

  await job.restart();
  job.add('numbers', [{ value: 27 }]);
  assert.deepEqual(await job.batch(), { log: [{ digit: 7, count: 3 }] });
});
`;
