export { FRAME_BYTES_MAX } from './frames.js';
export {
  SandboxHost,
  type JobToStart,
  type SandboxMode,
  type SandboxOptions,
  type SandboxStatus,
  type SourceBundle,
} from './host/sandbox-host.js';
export type { JobLimits, SandboxedGraph } from './host/sandboxed-graph.js';
export { refuseLargeMap } from './host/source-map.js';
export type { Attack } from './host/self-test.js';
export type { Layer } from './os/launcher.js';
