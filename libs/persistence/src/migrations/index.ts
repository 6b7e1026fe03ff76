import { Initial1763800000000 } from './1-initial.js';
import { DeltaCheckpoints1764100000000 } from './2-delta-checkpoints.js';
import { SkippedRanges1764200000000 } from './3-skipped-ranges.js';
import { Upgrades1764300000000 } from './4-upgrades.js';
import { StartModes1764500000000 } from './5-start-modes.js';
import { Retention1764600000000 } from './6-retention.js';
import { Timelines1764700000000 } from './7-timelines.js';
import { Probation1764800000000 } from './8-probation.js';
import { Recovery1764900000000 } from './9-recovery.js';
import { Audit1765200000000 } from './12-audit.js';
import { Installation1765300000000 } from './13-installation.js';
import { DeadLetters1765400000000 } from './14-dead-letters.js';
import { OlderBuilds1765500000000 } from './15-older-builds.js';
import { RunsByRunner1765600000000 } from './16-runs-by-runner.js';
import { SavepointNumbers1765700000000 } from './17-savepoint-numbers.js';
import { ReachedBefore1765800000000 } from './18-reached-before.js';
import { ReadByOthers1765900000000 } from './19-read-by-others.js';

/** In order. Append only: a migration that was released is never changed. */
export const MIGRATIONS = [
  Initial1763800000000,
  DeltaCheckpoints1764100000000,
  SkippedRanges1764200000000,
  Upgrades1764300000000,
  StartModes1764500000000,
  Retention1764600000000,
  Timelines1764700000000,
  Probation1764800000000,
  Recovery1764900000000,
  Audit1765200000000,
  Installation1765300000000,
  DeadLetters1765400000000,
  OlderBuilds1765500000000,
  RunsByRunner1765600000000,
  SavepointNumbers1765700000000,
  ReachedBefore1765800000000,
  ReadByOthers1765900000000,
] as const;

/**
 * Names of the migrations that a build need not know to run, before and after those that do: they take nothing away, give
 * nothing another meaning, and whatever an older build writes is whole without them. Every other migration shuts older
 * builds out.
 */
export const ADDITIVE_MIGRATIONS: readonly string[] = [
  RunsByRunner1765600000000.name,
  // An older build gives out numbers without counting them: what it has written is looked at as well.
  SavepointNumbers1765700000000.name,
  // What an older build has not noted is read again.
  ReachedBefore1765800000000.name,
  // A fork that an older build makes knows what its base says, as all did before.
  ReadByOthers1765900000000.name,
];
