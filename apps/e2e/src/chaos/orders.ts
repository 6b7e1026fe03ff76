import { randomUUID } from 'node:crypto';
import { bundleOf } from '../job-bundles.js';
import type { Command } from './commands.js';
import { FIRST_FORM, type Point, type StoredCheckpoint } from './history.js';
import type { GrowingInputs } from './inputs.js';
import { Random } from './random.js';
import { SHAPES, type Shape } from './reducers.js';
import { WatchedJob } from './watched-job.js';
import { insist, jobAt, missed, type Outcome, type World } from './world.js';

const CONFIG = { restorePolicy: 'reset_keep_offsets', checkpointIntervalMs: 1_000 } as const;
/** Its checkpoint was collected, or found damaged, since it was looked up: while the API was away, even its row is gone. */
const COLLECTED = ['checkpoint_not_restorable', 'thing_not_found'];
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
  for (const shape of SHAPES) {
    const job = await submitJob(world, shape, `${shape}-0`);
    if (!(job instanceof WatchedJob)) throw new Error(`A first job was not taken: ${job.what}.`);
    world.jobs.push(job);
  }
}

async function submitJob(world: World, shape: Shape, name: string): Promise<WatchedJob | Outcome> {
  const { cluster, seed } = world;
  const hash = [...name].reduce((sum, letter) => Math.imul(sum, 31) + letter.charCodeAt(0), seed);
  const inputs = WatchedJob.inputsOf(name, shape, cluster, new Random(hash));
  const order = { name, bundle: await bundle({ shape, name, inputs, form: FIRST_FORM, revision: 1 }), config: CONFIG };
  const idempotencyKey = randomUUID();
  let id = '';
  const outcome = await insist(async () => ({ id } = await cluster.tidemark.jobs.submit(order, { idempotencyKey })).id);
  if (!outcome.hasStruck) return outcome;
  const job = new WatchedJob(id, name, shape, { inputs, files: cluster.files });
  job.forms.set(1, FIRST_FORM);
  return job;
}

export async function submit(world: World, { number, target }: Command): Promise<Outcome> {
  const place = Math.floor(target * world.jobs.length);
  const old = jobAt(world, target);
  const job = await submitJob(world, old.shape, `${old.shape}-${number}`);
  if (!(job instanceof WatchedJob)) return job;
  return replace(world, place, job);
}

/** Puts a job in the place of another, which is cancelled. */
async function replace({ cluster, jobs, retired }: World, place: number, job: WatchedJob, how = ''): Promise<Outcome> {
  const [old] = jobs.splice(place, 1, job);
  if (old === undefined) throw new Error(`There is no place ${place}.`);
  retired.push(old);
  return insist(async () => `${job.name}; ${old.name} is ${(await cluster.tidemark.jobs.cancel(old.id)).status}${how}`);
}

/** Makes a job of any complete checkpoint of another, which it replaces, and whose input it goes on to read. */
export async function fork(world: World, { target, choice, number }: Command): Promise<Outcome> {
  const { cluster, jobs } = world;
  const old = jobAt(world, target);
  const complete = await completeOf(world, old);
  const from = complete[Math.floor(choice * complete.length)];
  if (from === undefined) return missed(`${old.name} has no checkpoint yet`);
  const { shape, inputs } = old;
  const name = `${shape}-${number}`;
  const { form } = from;
  const code = await bundle({ shape, name, inputs, form, revision: number });
  const idempotencyKey = randomUUID();
  let id = '';
  const outcome = await insist(async () => {
    const order = { name, bundle: code, config: CONFIG, checkpointId: from.id };
    return ({ id } = await cluster.tidemark.recovery.fork(old.id, order, { idempotencyKey })).id;
  }, COLLECTED);
  if (!outcome.hasStruck) return outcome;
  const job = new WatchedJob(id, name, shape, { inputs, files: cluster.files, forkOf: { job: old, checkpoint: from } });
  job.forms.set(1, form);
  return replace(world, jobs.indexOf(old), job, `, forked after ${pointOf(from)}`);
}

/** Newest first. */
async function completeOf({ witness }: World, { id, forms }: WatchedJob): Promise<readonly StoredCheckpoint[]> {
  const rows = await witness.rows<Omit<StoredCheckpoint, 'form'> & { readonly revision: number }>(
    `SELECT id, revision, timeline, batch_id::integer AS "batchId", builds_on || path AS paths FROM checkpoints
      WHERE job_id = $1 AND status = 'complete' ORDER BY id DESC`,
    [id],
  );
  return rows.map(({ revision, ...row }) => ({ ...row, form: forms.get(revision) ?? FIRST_FORM }));
}

export async function upgrade(world: World, command: Command): Promise<Outcome> {
  const job = jobAt(world, command.target);
  return deploy(world, job, command, (form) => form);
}

export async function upgradeIncompatibly(world: World, command: Command): Promise<Outcome> {
  const versioned = world.jobs.filter(({ shape }) => VERSIONED.includes(shape));
  const job = jobAt({ jobs: versioned }, command.target);
  return deploy(world, job, command, () => Math.max(...job.forms.values()) + 1);
}

async function deploy(
  { cluster, witness }: World,
  job: WatchedJob,
  { number }: Command,
  formAfter: (form: number) => number,
): Promise<Outcome> {
  const idempotencyKey = randomUUID();
  const { revision: current } = await witness.job(job.id);
  const { shape, name, inputs } = job;
  const form = formAfter(job.forms.get(current) ?? FIRST_FORM);
  const order = { bundle: await bundle({ shape, name, inputs, form, revision: number }), config: CONFIG };
  return insist(async () => {
    const { revision } = await cluster.tidemark.jobs.deploy(job.id, order, { idempotencyKey });
    job.forms.set(revision, form);
    return `${name} to revision ${revision}${form === FIRST_FORM ? '' : `, form ${form}`}`;
  });
}

export async function rollBack(world: World, { target, choice, number }: Command): Promise<Outcome> {
  const job = jobAt(world, target);
  const { recovery } = world.cluster.tidemark;
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
    }, [...COLLECTED, 'rollback_not_begun']);
  }
  const complete = await completeOf(world, job);
  const share = newest === undefined ? choice : (choice - UNDO_SHARE) / (1 - UNDO_SHARE);
  const to = complete[Math.floor(share * complete.length)];
  if (to === undefined) return missed(`${job.name} has no checkpoint yet`);
  return insist(async () => {
    await recovery.rollBack(job.id, { checkpointId: to.id, reason }, { idempotencyKey });
    return `${job.name} to ${pointOf(to)}`;
  }, COLLECTED);
}

const pointOf = ({ timeline, batchId }: Point): string => `batch ${batchId} of timeline ${timeline}`;

export async function stop(world: World, { target }: Command): Promise<Outcome> {
  const job = jobAt(world, target);
  return insist(async () => `${job.name} was ${(await world.cluster.tidemark.jobs.stop(job.id)).status}`);
}

/** Starts the first job from there on that is at rest. */
export async function start(world: World, { target }: Command): Promise<Outcome> {
  const first = Math.floor(target * world.jobs.length);
  for (const job of [...world.jobs.slice(first), ...world.jobs.slice(0, first)]) {
    const { desired, status } = await world.witness.job(job.id);
    if (desired === 'stopped' && status === 'stopped') return startJob(world, job);
  }
  return missed('none is stopped');
}

export const startJob = ({ cluster }: World, job: WatchedJob): Promise<Outcome> =>
  insist(async () => `${job.name} was ${(await cluster.tidemark.jobs.start(job.id)).status}`);
