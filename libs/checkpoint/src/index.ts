export { checkpointPath } from './checkpoint-path.js';
export { InMemoryObjectStore } from './in-memory-object-store.js';
export { removeJobObjects, walFolder } from './job-objects.js';
export type { CheckpointManifest } from './manifest.js';
export { isObjectSegment, objectSegments } from './object-path.js';
export { ObjectStore } from './object-store.port.js';
export { readCheckpoint, type ReadCheckpoint } from './read-checkpoint.js';
export { removeCheckpoint } from './remove-checkpoint.js';
export {
  writeCheckpoint,
  type CheckpointSnapshot,
  type CheckpointToWrite,
  type WrittenCheckpoint,
} from './write-checkpoint.js';
