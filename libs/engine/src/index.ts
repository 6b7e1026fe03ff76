export type { InputPiece, TextNeeded } from './fuse/source-loop.js';
export { BATCH_BYTES_MAX, bytesPerSource } from './batch-bounds.js';
export { replaceGlobals, seededRandom, type BatchClock } from './globals/batch-globals.js';
export { explainUnavailable, UNAVAILABLE } from './globals/unavailable.js';
export { checkDefinition, DEFINITION_LIMITS, type Checked, type DefinitionProblem } from './graph/check-definition.js';
export type { CheckedDefinition, CheckedNode, TenantFunction } from './graph/checked-definition.js';
export type { BatchFailure, FailedOperator, LineRef, SetAsideLine } from './graph/failure.js';
export { countsByUid, createInProcessGraph } from './graph/in-process-graph.js';
export { joinChunks, type InputLines, type LinePosition } from './graph/input-lines.js';
export {
  compileGraph,
  type Program,
  type ProgramBlock,
  type ProgramOutput,
  type ProgramResult,
} from './graph/program.js';
export { setAsideRecords } from './graph/set-aside-records.js';
export { isStorable } from './graph/storable.js';
export { printable } from './graph/printable.js';
export { PLACES_AS_THEY_ARE, positionOf, reportFailure, reportProblem, type Places } from './graph/report-failure.js';
export { unfitKeyOf } from './cold/cold-rows.js';
export { ColdState, type ColdGraph } from './cold/cold-state.js';
export type { ColdChange, ColdEntries, ColdStore } from './cold/cold-store.port.js';
export { InMemoryColdStore } from './cold/in-memory-cold-store.js';
export { isSpilling } from './graph/check-cold-state.js';
export {
  MicroBatchEngine,
  type BatchOptions,
  type CommittedBatch,
  type MicroBatchPorts,
  type Resumed,
} from './micro-batch/micro-batch-engine.js';
export type { RunAgain } from './micro-batch/poison-records.js';
export type { JobTiming } from './micro-batch/batch-time.js';
export { decideResume, type Position, type ResumeStep, type TimelineStart } from './micro-batch/resume.js';
export {
  OFFSET_UNITS,
  type BatchLog,
  type Fenced,
  type HeldBack,
  type GraphInput,
  type GraphOutput,
  type GraphRuntime,
  type InputChunk,
  type Located,
  type OffsetUnit,
  type PartitionExtent,
  type PlanRequest,
  type SeekableOffsets,
  type SeekTo,
  type Sink,
  type SinkWrite,
  type SnapshotBlocks,
  type Source,
  type StateBlock,
  type StateSnapshot,
  type StoredForm,
  type TimelineBase,
} from './ports.js';
export { ConversionError } from './graph/convert-state.js';
export { takeOver, type StoredState } from './micro-batch/take-over.js';
export { keyHash, keySlot } from './state/key-slot.js';
export { assembleBlock, readBlock, type BlockHeader, type ReadBlock } from './state/state-block.js';
export { firstKeyOfBlock, rowsOfBlock, type BlockRow, type BlockRows } from './state/block-rows.js';
