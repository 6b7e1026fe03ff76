import { createHash } from 'node:crypto';
import { MANIFEST_NAME, type CheckpointManifest } from '@tidemark/checkpoint';
import type { JobId } from '@tidemark/domain';
import { newestFirst, type CheckpointRow, type JobRow, type Tables } from '../database/tables.js';
import type { Disk } from '../world/objects.js';
import type { Findings } from './invariants.js';
import { sameOffsets, textOf, type Timelines } from './timelines.js';

type StoredFile = CheckpointManifest['operators'][string]['files'][number];

/** I6 and I9: checkpoints, what they name and what names them. */
export class CheckpointAudit {
  /** Folders that the collector was told to remove. */
  private readonly retiredFolders = new Set<string>();

  constructor(
    private readonly findings: Findings,
    private readonly timelines: Timelines,
    private readonly tables: Tables,
    private readonly disk: Disk,
    private readonly time: { readonly nowMs: number },
    private readonly graceMs: number,
  ) {}

  completed(job: JobRow, row: CheckpointRow): void {
    const name = nameOf(row);
    const timeline = this.timelines.get(job.id, row.timeline);
    const after = row.batchId === timeline.baseBatchId ? timeline.base : timeline.plans.get(row.batchId)?.after;
    const said = (): string => `${name} says ${textOf(row.offsets)}, its batches ${textOf(after ?? {})}`;
    this.findings.check('I6', after !== undefined && sameOffsets(row.offsets, after), said);
    const isCommitted = row.batchId <= timeline.committedId;
    this.findings.check('I6', isCommitted, () => `${name} is of a batch that is not committed`);
    const missing = this.missingOf(row);
    this.findings.check('I6', missing === undefined, () => `${name} is complete without ${missing ?? ''}`);
  }

  retired(rows: readonly CheckpointRow[]): void {
    const going = new Set(rows);
    const all = [...this.tables.checkpoints.values()];
    for (const row of rows) {
      this.retiredFolders.add(row.path);
      const why = this.referenceTo(row) ?? this.standsFor(row, all, going);
      this.findings.check('I9', why === undefined, () => `${nameOf(row)} was collected, and ${why ?? ''}`);
    }
  }

  /** An object is gone. */
  removed(path: string): void {
    const folder = this.folderOf(path);
    if (folder === undefined) return;
    for (const row of this.tables.checkpoints.values()) {
      const isNeeded = row.status === 'complete' && (row.path === folder || row.buildsOn.includes(folder));
      this.findings.check('I6', !isNeeded, () => `${path} was removed, which ${nameOf(row)} needs`);
      const isKept = row.path === folder && row.status !== 'deleted';
      this.findings.check('I9', !isKept, () => `${path} was removed, and ${nameOf(row)} is ${row.status}`);
    }
    const hasRow = [...this.tables.checkpoints.values()].some((row) => row.path === folder);
    if (hasRow || this.retiredFolders.has(folder)) return;
    const ageMs = this.time.nowMs - (this.disk.putAtMs.get(path) ?? 0);
    this.findings.check('I9', ageMs >= this.graceMs, () => `${path} was swept ${ageMs} ms after it was written`);
  }

  /** A batch was dropped from the log. */
  pruned(jobId: JobId, timeline: number, batchId: number): void {
    const complete = this.tables
      .checkpointsOf(jobId)
      .filter((row) => row.timeline === timeline && row.status === 'complete')
      .sort(newestFirst);
    // One damaged file may take the newest with all that share its base.
    const fallbacks = [complete[0], complete.find((row) => baseOf(row) !== baseOf(complete[0]))];
    const needs = fallbacks.find((row) => row !== undefined && row.batchId < batchId);
    this.findings.check('I9', needs === undefined, () => `batch ${batchId} was dropped, which ${nameOf(needs)} needs`);
    const isHeld = complete.some((row) => row.batchId >= batchId);
    const what = (): string => `batch ${batchId} of t${timeline} was dropped, and no complete checkpoint holds it`;
    this.findings.check('I9', isHeld, what);
  }

  /** A complete checkpoint was found unreadable. */
  unreadable(row: CheckpointRow): void {
    const folders = [row.path, ...row.buildsOn];
    const isDamaged = [...this.disk.damaged].some((path) => folders.some((folder) => path.startsWith(`${folder}/`)));
    this.findings.check('I6', isDamaged, () => `${nameOf(row)} was found unreadable, and nothing of it was damaged`);
  }

  private folderOf(path: string): string | undefined {
    return /^[^/]+\/[^/]+\/t\d+\/[^/]+/.exec(path)?.[0];
  }

  private missingOf({ path, manifestSha256, buildsOn }: CheckpointRow): string | undefined {
    if (this.disk.damaged.has(`${path}/${MANIFEST_NAME}`)) return undefined;
    const bytes = this.disk.objects.get(`${path}/${MANIFEST_NAME}`);
    if (bytes === undefined) return 'its manifest';
    if (sha256Of(bytes) !== manifestSha256) return 'the manifest that it names';
    const { operators } = JSON.parse(new TextDecoder().decode(bytes)) as CheckpointManifest;
    const files = Object.values(operators).flatMap((operator) => operator.files);
    const isThere = ({ in: folder = path, path: name, sha256 }: StoredFile): boolean => {
      const stored = this.disk.objects.get(`${folder}/${name}`);
      return this.disk.damaged.has(`${folder}/${name}`) || (stored !== undefined && sha256Of(stored) === sha256);
    };
    const missing = files.find((file) => !isThere(file));
    if (missing !== undefined) return `${missing.path} as its manifest says it is`;
    return buildsOn.find((base) => ![...this.tables.checkpoints.values()].some((row) => row.path === base));
  }

  /** Who names it. */
  private referenceTo(row: CheckpointRow): string | undefined {
    if (row.status === 'pending') return undefined;
    if (this.tables.pins.some(({ checkpointId }) => checkpointId === row.id)) return 'it is pinned';
    for (const job of this.tables.jobs.values()) {
      const decision = job.currentRunId === null ? undefined : this.tables.decisions.get(job.currentRunId);
      const { verdict } = decision ?? {};
      const chosen = verdict?.outcome === 'start' && verdict.from.kind === 'checkpoint' ? verdict.from : undefined;
      const isStarting = job.status === 'scheduled' || job.status === 'restoring';
      if (isStarting && chosen?.checkpointId === row.id) return `${job.id} is about to restore it`;
      if (job.baseCheckpointId === row.id) return `the timeline of ${job.id} begins with it`;
      if (job.startMode?.mode === 'checkpoint' && job.startMode.checkpointId === row.id) return `${job.id} goes to it`;
      if (job.probation?.back.checkpointId === row.id) return `${job.id} may go back to it`;
    }
    return undefined;
  }

  /** What it is to others. */
  private standsFor(
    row: CheckpointRow,
    all: readonly CheckpointRow[],
    going: ReadonlySet<CheckpointRow>,
  ): string | undefined {
    if (row.status === 'complete' && row.kind === 'savepoint') return 'it is a savepoint';
    const needs = all.find(
      (other) =>
        !going.has(other) &&
        (other.status === 'complete' || other.status === 'pending') &&
        other.buildsOn.includes(row.path),
    );
    if (needs !== undefined) return `${nameOf(needs)} builds on it`;
    const isBehind = all.some(
      (other) =>
        !going.has(other) &&
        other.status === 'complete' &&
        other.jobId === row.jobId &&
        other.timeline === row.timeline &&
        (other.batchId > row.batchId || (other.batchId === row.batchId && other.id > row.id)),
    );
    return row.status === 'complete' && !isBehind ? 'it is the newest of its timeline' : undefined;
  }
}

const baseOf = (row: CheckpointRow | undefined): string | undefined => row?.buildsOn[0] ?? row?.path;

/** Of what lies on the disk, which is another array once it is damaged. */
const hashes = new WeakMap<Uint8Array, string>();

function sha256Of(bytes: Uint8Array): string {
  const known = hashes.get(bytes) ?? createHash('sha256').update(bytes).digest('hex');
  hashes.set(bytes, known);
  return known;
}

const nameOf = (row: CheckpointRow | undefined): string =>
  row === undefined ? 'nothing' : `checkpoint ${row.id.replace(/_0+/, '_')} of batch ${row.batchId} (t${row.timeline})`;
