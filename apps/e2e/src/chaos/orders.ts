import { randomUUID } from 'node:crypto';
import { bundleOf } from '../job-bundles.js';
import type { Command } from './commands.js';
import { Random } from './random.js';
import { SHAPES, type Shape } from './reducers.js';
import { WatchedJob } from './watched-job.js';
import { insist, jobAt, type World } from './world.js';

const CONFIG = { restorePolicy: 'reset_keep_offsets', checkpointIntervalMs: 1_000 } as const;
/** What becomes of an undo, of all orders to go back. */
const UNDO_SHARE = 0.25;
/** Jobs whose state has a version. */
const VERSIONED: readonly Shape[] = ['fold', 'sides'];

const bundle = (shape: Shape, name: string, version: { readonly form: number; readonly revision: number }) =>
  bundleOf('chaos', { constants: { SHAPE: shape, NAME: name, FORM: version.form, REVISION: version.revision } });

/** Submits one job of each shape. */
export async function submitFirst(world: World): Promise<void> {
  for (const shape of SHAPES) world.jobs.push(await submitJob(world, shape, `${shape}-0`));
}

async function submitJob(world: World, shape: Shape, name: string): Promise<WatchedJob> {
  const { cluster, seed } = world;
  const hash = [...name].reduce((sum, letter) => Math.imul(sum, 31) + letter.charCodeAt(0), seed);
  const inputs = WatchedJob.inputsOf(name, shape, cluster, new Random(hash));
  const order = { name, bundle: await bundle(shape, name, { form: 1, revision: 1 }), config: CONFIG };
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
  world.jobs[place] = job;
  world.retired.push(old);
  const ended = await insist(async () => `${old.name} is ${(await world.cluster.tidemark.jobs.cancel(old.id)).status}`);
  return `${job.name}; ${ended}`;
}

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
  const form = formAfter(job.forms.get(current) ?? 1);
  const order = { bundle: await bundle(job.shape, job.name, { form, revision: number }), config: CONFIG };
  return insist(async () => {
    const { revision } = await cluster.tidemark.jobs.deploy(job.id, order, { idempotencyKey });
    job.forms.set(revision, form);
    return `${job.name} to revision ${revision}${form === 1 ? '' : `, form ${form}`}`;
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
  const complete = await world.witness.rows<{ id: string; timeline: number; batchId: string }>(
    `SELECT id, timeline, batch_id AS "batchId" FROM checkpoints WHERE job_id = $1 AND status = 'complete' ORDER BY id DESC`,
    [job.id],
  );
  const to = complete[Math.floor(choice * complete.length)];
  if (to === undefined) return `${job.name} has no checkpoint yet`;
  return insist(async () => {
    await recovery.rollBack(job.id, { checkpointId: to.id, reason }, { idempotencyKey });
    return `${job.name} to ${pointOf(to)}`;
  });
}

const pointOf = ({ timeline, batchId }: { readonly timeline: number; readonly batchId: number | string }): string =>
  `batch ${batchId} of timeline ${timeline}`;

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
