#!/usr/bin/env node
// npm links a command when it installs, which is before the build: this file is always there. It has to be understood by
// every Node, so that one that is too old can be told so instead of failing at an import.
const NODE_MAJOR_MIN = 24;

if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR_MIN) {
  console.error(
    `The tidemark command needs Node ${NODE_MAJOR_MIN} or later, and this is Node ${process.versions.node}: ` +
      'in a clone of Tidemark, "npm run tidemark -- <command>" brings its own.',
  );
  process.exitCode = 1;
} else {
  await import('../dist/main.js');
}
