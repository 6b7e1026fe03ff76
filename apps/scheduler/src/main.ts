import { setSourceMapsSupport } from 'node:module';

// Before anything of ours is loaded. Packages' own maps are left alone: to read them takes a fifth of the start.
setSourceMapsSupport(true, { nodeModules: false, generatedCode: false });
await import('./scheduler-process.js');
