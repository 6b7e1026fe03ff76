// `@tidemark/streams/testing` in this repository: the sources of the harness. What tenants install is their bundle,
// dist/testing/index.js. This file is no part of the library's build: the harness needs the engine, which needs the library.
export * from '@tidemark/streams-testing';
