// Preloaded into the processes that a soak measures (node --expose-gc --import …): SIGUSR2 has them collect what is garbage,
// and give back what that has freed.
process.on('SIGUSR2', () => globalThis.gc({ type: 'major', execution: 'sync', flavor: 'last-resort' }));
