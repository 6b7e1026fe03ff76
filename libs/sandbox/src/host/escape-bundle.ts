/**
 * A bundle that tries to leave its isolate while it defines its job, and says in the job's definition what it got hold
 * of. Plain text, because it runs inside.
 */
export const ESCAPE_BUNDLE = `
var tidemarkJob = (() => {
  const got = {};
  const attack = (name, attempt) => {
    try {
      const found = attempt();
      got[name] = found === undefined ? 'denied' : 'got ' + String(found).slice(0, 100);
    } catch (error) {
      got[name] = 'denied';
    }
  };
  const outside = () => globalThis.constructor.constructor('return typeof process === "object" ? process : undefined')();
  attack('S8 reach process by a constructor', outside);
  attack('S8 reach require', () => typeof require === 'function' ? require : undefined);
  attack('S8 reach a way out by an error', () => {
    let sites;
    Error.prepareStackTrace = (error, callSites) => callSites;
    try { sites = new Error().stack; } finally { delete Error.prepareStackTrace; }
    for (const site of Array.isArray(sites) ? sites : []) {
      const target = site.getThis && site.getThis();
      const Outer = target && target.constructor && target.constructor.constructor;
      const found = Outer && Outer !== Function ? Outer('return typeof process')() : undefined;
      if (found === 'object') return found;
    }
  });
  attack('S8 reach the guest', () => globalThis.tidemarkGuest);
  attack('S12 compile WebAssembly', () => globalThis.WebAssembly);
  attack('S14 share memory', () => globalThis.SharedArrayBuffer);
  attack('S14 wait on memory', () => globalThis.Atomics);
  attack('S14 read the clock', () => Date.now() !== 0 || new Date().constructor.now() !== 0 ? Date.now() : undefined);
  attack('S14 read a timer', () => globalThis.performance);
  const nodes = [
    { id: 0, kind: 'source', uid: 'source', inputs: [], connector: 'rate', options: {}, at: '' },
    { id: 1, kind: 'sink', uid: 'sink', inputs: [0], connector: 'log', options: got, at: '' },
  ];
  return { default: { tidemark: 1, name: 'escape', batchIntervalMs: 1000, poison: 'fail', nodes } };
})();
`;

/** A bundle that never finishes. */
export const ENDLESS_BUNDLE = 'for (;;);';

/** A bundle that keeps all that it allocates. */
export const HOARDING_BUNDLE = 'const hoard = []; for (;;) hoard.push(new Array(1000).fill(hoard.length));';
