#!/usr/bin/env node
import { homedir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { runCli } from './run-cli.js';

const interrupted = new AbortController();
process.once('SIGINT', () => {
  interrupted.abort();
});
// A reader that goes away, as `head` does, has seen enough: what goes on without end is ended. What a command has come to
// stays its answer, and it may have come to it in the same turn: "check" must not pass because nobody has read why not.
process.stdout.on('error', () => {
  setImmediate(() => process.exit());
});

process.exitCode = await runCli(process.argv.slice(2), {
  cwd: process.cwd(),
  home: homedir(),
  clone: fileURLToPath(new URL('../../..', import.meta.url)).replace(/[\\/]$/, ''),
  env: process.env,
  interrupted: interrupted.signal,
  out: (line) => {
    process.stdout.write(`${line}\n`);
  },
  err: (line) => {
    process.stderr.write(`${line}\n`);
  },
});
