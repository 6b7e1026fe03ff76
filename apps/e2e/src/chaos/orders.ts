import { randomUUID } from 'node:crypto';
import { bundleOf } from '../job-bundles.js';
import type { Command } from './commands.js';
import type { Point } from './history.js';
import type { GrowingInputs } from './inputs.js';
import { Random } from './random.js';
import { SHAPES, type Shape } from './reducers.js';
import { WatchedJob } from './watched-job.js';
import { insist, jobAt, type World } from './world.js';

const CONFIG = { restorePolicy: 'reset_keep_offsets', checkpointIntervalMs: 1_000 } as const;
/** What becomes of an undo, of all orders to go back. */
const UNDO_SHARE = 0.25;
/** Jobs whose state has a version. */
const VERSIONED: readonly Shape[] = ['fold', 'sides'];

interface Code {
  readonly shape: Shape;
  readonly name: string;
  readonly inputs: GrowingInputs;
  readonly form: number;
  readonly revision: number;
}

const bundle = ({ shape, name, inputs, form, revision }: Code) =>
  bundleOf('chaos', { constants: { SHAPE: shape, INPUT: inputs.name, NAME: name, FORM: form, REVISION: revision } });

/** Submits one job of each shape. */
export async function submitFirst(world: World): Promise<void> {
  for (const shape of SHAPES) world.jobs.push(await submitJob(world, shape, `${shape}-0`));
}

async function submitJob(world: World, shape: Shape, name: string): Promise<WatchedJob> {
  const { cluster, seed } = world;
  const hash = [...name].reduce((sum, letter) => Math.imul(sum, 31) + letter.charCodeAt(0), seed);
  const inputs = WatchedJob.inputsOf(name, shape, cluster, new Random(hash));
  const order = { name, bundle: await bundle({ shape, name, inputs, form: 1, revision: 1 }), config: CONFIG };
  const idempotencyKey = randomUUID();
  let id = '';
  const outcome = await insist(async () => ({ id } = await cluster.tidemark.jobs.submit(order, { idempotencyKey })).id);
  if (id === '') throw new Error(`The job ${name} was not taken: ${outcome}.`);
  const job = new WatchedJob(id, name, shape, { inputs, files: cluster.files });
  job.forms.set(1, 1);
  return job;
}

export async function submit(world: World, { number, target }: Command): Promise<string> {
  const place = Math.floor(target * world.jobs.length);
  const old = jobAt(world, target);
  const job = await submitJob(world, old.shape, `${old.shape}-${number}`).catch((error: unknown) => String(error));
  // The disk may be full just then.
  if (typeof job === 'string') return job;
  return replace(world, place, job);
}

/** Puts a job in the place of another, which is cancelled. */
async function replace({ cluster, jobs, retired }: World, place: number, job: WatchedJob): Promise<string> {
  const [old] = jobs.splice(place, 1, job);
  if (old === undefined) throw new Error(`There is no place ${place}.`);
  retired.push(old);
  return insist(async () => `${job.name}; ${old.name} is ${(await cluster.tidemark.jobs.cancel(old.id)).status}`);
}

/** Makes a job of any complete checkpoint of another, which it replaces, and whose input it goes on to read. */
export async function fork(world: World, { target, choice, number }: Command): Promise<string> {
  const { cluster, jobs } = world;
  const old = jobAt(world, target);
  const complete = await completeOf(world, old);
  const from = complete[Math.floor(choice * complete.length)];
  if (from === undefined) return `${old.name} has no checkpoint yet`;
  const { shape, inputs } = old;
  const name = `${shape}-${number}`;
  const form = old.forms.get(from.revision) ?? 1;
  const code = await bundle({ shape, name, inputs, form, revision: number });
  const idempotencyKey = randomUUID();
  let id = '';
  const outcome = await insist(async () => {
    const order = { name, bundle: code, config: CONFIG, checkpointId: from.id };
    return ({ id } = await cluster.tidemark.recovery.fork(old.id, order, { idempotencyKey })).id;
  });
  // The checkpoint was collected in between, or the disk is full just then.
  if (id === '') return outcome;
  const job = new WatchedJob(id, name, shape, { inputs, files: cluster.files, forkOf: { job: old, after: from } });
  job.forms.set(1, form);
  // What it begins with may be found damaged.
  if (old.isSpoilt) job.resetsMax += 1;
  return `${await replace(world, jobs.indexOf(old), job)}, forked after ${pointOf(from)}`;
}

interface CompleteCheckpoint extends Point {
  readonly id: string;
  readonly revision: number;
}

/** Newest first. */
const completeOf = ({ witness }: World, { id }: WatchedJob): Promise<readonly CompleteCheckpoint[]> =>
  witness.rows(
    `SELECT id, revision, timeline, batch_id::integer AS "batchId" FROM checkpoints
      WHERE job_id = $1 AND status = 'complete' ORDER BY id DESC`,
    [id],
  );

export async function upgrade(world: World, command: Command): Promise<string> {
  const job = jobAt(world, command.target);
  return deploy(world, job, command, (form) => form);
}

export async function upgradeIncompatibly(world: World, command: Command): Promise<string> {
  const versioned = world.jobs.filter(({ shape }) => VERSIONED.includes(shape));
  const job = jobAt({ jobs: versioned }, command.target);
  job.resetsMax += 1;
  return deploy(world, job, command, () => Math.max(...job.forms.values()) + 1);
}

async function deploy(
  { cluster, witness }: World,
  job: WatchedJob,
  { number }: Command,
  formAfter: (form: number) => number,
): Promise<string> {
  const idempotencyKey = randomUUID();
  const { revision: current } = await witness.job(job.id);
  const { shape, name, inputs } = job;
  const form = formAfter(job.forms.get(current) ?? 1);
  const order = { bundle: await bundle({ shape, name, inputs, form, revision: number }), config: CONFIG };
  return insist(async () => {
    const { revision } = await cluster.tidemark.jobs.deploy(job.id, order, { idempotencyKey });
    job.forms.set(revision, form);
    return `${name} to revision ${revision}${form === 1 ? '' : `, form ${form}`}`;
  });
}

export async function rollBack(world: World, { target, choice, number }: Command): Promise<string> {
  const job = jobAt(world, target);
  const { recovery } = world.cluster.tidemark;
  // What it goes back to may be found damaged.
  if (job.isSpoilt) job.resetsMax += 1;
  const idempotencyKey = randomUUID();
  const reason = `command ${number}`;
  const [newest] = await world.witness.rows<{ id: string }>(
    'SELECT id FROM rollbacks WHERE job_id = $1 ORDER BY id DESC LIMIT 1',
    [job.id],
  );
  if (newest !== undefined && choice < UNDO_SHARE) {
    return insist(async () => {
      const { to } = await recovery.undoRollback(job.id, newest.id, { reason, idempotencyKey });
      return `${job.name}, undo, to ${pointOf(to)}`;
    });
  }
  const complete = await completeOf(world, job);
  const to = complete[Math.floor(choice * complete.length)];
  if (to === undefined) return `${job.name} has no checkpoint yet`;
  return insist(async () => {
    await recovery.rollBack(job.id, { checkpointId: to.id, reason }, { idempotencyKey });
    return `${job.name} to ${pointOf(to)}`;
  });
}

const pointOf = ({ timeline, batchId }: Point): string => `batch ${batchId} of timeline ${timeline}`;

export async function stop(world: World, { target }: Command): Promise<string> {
  const job = jobAt(world, target);
  return insist(async () => `${job.name} was ${(await world.cluster.tidemark.jobs.stop(job.id)).status}`);
}

/** Starts the first job from there on that is at rest. */
export async function start(world: World, { target }: Command): Promise<string> {
  const first = Math.floor(target * world.jobs.length);
  for (const job of [...world.jobs.slice(first), ...world.jobs.slice(0, first)]) {
    const { desired, status } = await world.witness.job(job.id);
    if (desired === 'stopped' && status === 'stopped') return startJob(world, job);
  }
  return 'none is stopped';
}

export const startJob = ({ cluster }: World, job: WatchedJob): Promise<string> =>
  insist(async () => `${job.name} was ${(await cluster.tidemark.jobs.start(job.id)).status}`);
