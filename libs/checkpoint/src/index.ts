export type { StateBlock } from './block-file.js';
export { rowsOf, deletedOf, type TableRow } from './block-rows.js';
export { attemptOf, progressInStore } from './attempt.js';
export { sizeOf, snapshotKind, type CheckpointChain } from './chain.js';
export { checkpointObjects, type CheckpointObject } from './checkpoint-objects.js';
export { checkpointPath } from './checkpoint-path.js';
export { checkStore, claimStore, MARK_PATH } from './claim-store.js';
export { encodeBlock, type BlockToEncode } from './encode-block.js';
export { InMemoryObjectStore } from './in-memory-object-store.js';
export { checkpointsFolder, removeJobObjects, walFolder } from './job-objects.js';
export type { CheckpointManifest } from './manifest.js';
export { MANIFEST_NAME } from './manifest-parts.js';
export { isObjectSegment, objectSegments } from './object-path.js';
export { ObjectStore } from './object-store.port.js';
export { openCheckpoint, type OpenedCheckpoint } from './open-checkpoint.js';
export { readCheckpoint, type ReadCheckpoint } from './read-checkpoint.js';
export { removeCheckpoint } from './remove-checkpoint.js';
export { verifyCheckpoint } from './verify-checkpoint.js';
export { readBlock, type BlockView, type ColumnView, type Texts } from './state-block.js';
export { writeCheckpoint, type CheckpointSnapshot, type CheckpointToWrite } from './write-checkpoint.js';
export { readRowCursor, rowCursor, type RowPosition } from './view/row-position.js';
export type { ShownRow } from './view/shown-row.js';
export {
  differenceCounts,
  differences,
  type DifferenceCounts,
  type RowDifference,
  type StatePair,
} from './view/state-diff.js';
export { StateView } from './view/state-view.js';
