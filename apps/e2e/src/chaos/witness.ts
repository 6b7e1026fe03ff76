import { Client } from 'pg';
import { until } from '../until.js';
import { FIRST_FORM, type JobHistory, type LogEntry, type Point, type Ranges } from './history.js';

/**
 * Notes, in the transaction that does it, whatever becomes durable of a job, and which epoch and timeline the job's row has at
 * that moment. Nothing of Tidemark reads it, and what is pruned later stays noted.
 */
const TRIGGERS = `
CREATE SCHEMA witness;
CREATE TABLE witness.log (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, kind text NOT NULL, job_id text NOT NULL, timeline integer, batch_id bigint,
  epoch bigint, job_epoch bigint, job_timeline integer, is_wanted boolean, data jsonb
);
CREATE INDEX ON witness.log (job_id, seq);

CREATE FUNCTION witness.note_batch() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE job record;
BEGIN
  SELECT epoch, timeline, desired = 'running' AND start_mode IS NULL AS is_wanted INTO job
    FROM public.jobs WHERE id = NEW.job_id;
  IF TG_OP = 'INSERT' OR OLD.ranges IS DISTINCT FROM NEW.ranges THEN
    INSERT INTO witness.log (kind, job_id, timeline, batch_id, epoch, job_epoch, job_timeline, is_wanted, data)
    VALUES ('plan', NEW.job_id, NEW.timeline, NEW.batch_id, NEW.planned_epoch, job.epoch, job.timeline, job.is_wanted, NEW.ranges);
  END IF;
  IF NEW.committed_epoch IS NOT NULL AND (TG_OP = 'INSERT' OR OLD.committed_epoch IS DISTINCT FROM NEW.committed_epoch) THEN
    INSERT INTO witness.log (kind, job_id, timeline, batch_id, epoch, job_epoch, job_timeline)
    VALUES ('commit', NEW.job_id, NEW.timeline, NEW.batch_id, NEW.committed_epoch, job.epoch, job.timeline);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER witness AFTER INSERT OR UPDATE ON public.batches FOR EACH ROW EXECUTE FUNCTION witness.note_batch();

CREATE FUNCTION witness.note_checkpoint() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE job record;
BEGIN
  SELECT epoch, timeline INTO job FROM public.jobs WHERE id = NEW.job_id;
  INSERT INTO witness.log (kind, job_id, timeline, batch_id, epoch, job_epoch, job_timeline, data)
  VALUES ('checkpoint', NEW.job_id, NEW.timeline, NEW.batch_id, NEW.epoch, job.epoch, job.timeline, jsonb_build_object(
    'id', NEW.id, 'revision', NEW.revision, 'paths', to_jsonb(NEW.builds_on || NEW.path)));
  RETURN NULL;
END $$;
CREATE TRIGGER witness AFTER UPDATE OF status ON public.checkpoints FOR EACH ROW
  WHEN (OLD.status = 'pending' AND NEW.status = 'complete') EXECUTE FUNCTION witness.note_checkpoint();

CREATE FUNCTION witness.note_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO witness.log (kind, job_id, data)
  VALUES ('gone', NEW.job_id, jsonb_build_object('id', NEW.id, 'status', NEW.status));
  RETURN NULL;
END $$;
CREATE TRIGGER witness_gone AFTER UPDATE OF status ON public.checkpoints FOR EACH ROW
  WHEN (OLD.status = 'complete' AND NEW.status IN ('corrupt', 'deleted')) EXECUTE FUNCTION witness.note_gone();

CREATE FUNCTION witness.note_job() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' OR OLD.timeline IS DISTINCT FROM NEW.timeline THEN
    INSERT INTO witness.log (kind, job_id, timeline, data) VALUES ('timeline', NEW.id, NEW.timeline, jsonb_build_object(
      'after', CASE WHEN NEW.base_timeline IS NOT NULL
                    THEN jsonb_build_object('timeline', NEW.base_timeline, 'batchId', NEW.base_batch_id) END,
      'isEmpty', NEW.base_checkpoint_id IS NULL, 'base', NEW.base_checkpoint_id, 'revision', NEW.revision));
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER witness AFTER INSERT OR UPDATE OF timeline ON public.jobs
  FOR EACH ROW EXECUTE FUNCTION witness.note_job();

CREATE FUNCTION witness.note_run() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO witness.log (kind, job_id, epoch) VALUES ('claim', NEW.job_id, NEW.epoch);
  RETURN NULL;
END $$;
CREATE TRIGGER witness AFTER UPDATE OF epoch ON public.runs FOR EACH ROW
  WHEN (NEW.epoch IS NOT NULL AND OLD.epoch IS DISTINCT FROM NEW.epoch) EXECUTE FUNCTION witness.note_run();

CREATE FUNCTION witness.note_release() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO witness.log (kind, job_id, epoch, data) SELECT 'release', NEW.job_id, NEW.epoch, jsonb_build_object(
    'reason', NEW.end_reason,
    'open', (SELECT count(*) FROM public.batches b
              WHERE b.job_id = j.id AND b.timeline = j.timeline AND b.committed_epoch IS NULL))
    FROM public.jobs j WHERE j.id = NEW.job_id;
  RETURN NULL;
END $$;
CREATE TRIGGER witness_release AFTER UPDATE OF status ON public.runs FOR EACH ROW
  WHEN (NEW.status = 'ended' AND NEW.end_reason IN ('stop', 'redeploy', 'runner_shutdown', 'finished'))
  EXECUTE FUNCTION witness.note_release();
`;

interface Begun {
  readonly after: Point | null;
  readonly base: string | null;
  readonly isEmpty: boolean;
  readonly revision: number;
}

/** Where a job stands, by its row. */
export interface JobRow {
  readonly id: string;
  readonly desired: string;
  readonly status: string;
  readonly statusReason: string | null;
  readonly revision: number;
  readonly epoch: number;
  readonly timeline: number;
  readonly lastTimeline: number | null;
  readonly lastBatchId: number | null;
  readonly offsets: { readonly [source: string]: { readonly [partition: string]: number } };
  readonly runnerId: string | null;
  /** Of the code that runs. */
  readonly runRevision: number | null;
}

interface LogRow {
  readonly kind: string;
  readonly timeline: number;
  readonly batch_id: string;
  readonly epoch: string;
  readonly job_epoch: string;
  readonly job_timeline: number;
  readonly is_wanted: boolean;
  readonly data: unknown;
}

/** Postgres comes back after it was killed; whoever asks waits that long. */
const WAIT_MS_MAX = 30_000;

/** Looks into the database of the service, and of the sinks, besides the service. */
export class Witness {
  private constructor(
    private readonly databaseUrl: string,
    private readonly warehouseUrl: string,
  ) {}

  /** Begins to note. The service has made its tables by then, and no job is there yet. */
  static async begin(databaseUrl: string, warehouseUrl: string): Promise<Witness> {
    const witness = new Witness(databaseUrl, warehouseUrl);
    await witness.rows(TRIGGERS);
    return witness;
  }

  /** @param forms of the job's revisions */
  async logOf(jobId: string, forms: ReadonlyMap<number, number>): Promise<readonly LogEntry[]> {
    const rows = await this.rows<LogRow>('SELECT * FROM witness.log WHERE job_id = $1 ORDER BY seq', [jobId]);
    return rows.map((row) => entryOf(row, forms));
  }

  /** Orders to go back that were decided on. */
  async rollbacksOf(jobId: string): Promise<JobHistory['rollbacks']> {
    const rows = await this.rows<{ timeline: number | null; to: Point; checkpointId: string }>(
      `SELECT timeline, to_point AS "to", checkpoint_id AS "checkpointId" FROM rollbacks
        WHERE job_id = $1 AND status IN ('begun', 'held')`,
      [jobId],
    );
    return rows.map(({ timeline, ...order }) => (timeline === null ? order : { ...order, timeline }));
  }

  /** What was announced and is not confirmed yet. */
  async announcements(): Promise<number> {
    const [row] = await this.rows<{ count: number }>('SELECT count(*)::integer AS count FROM outbox');
    return row?.count ?? 0;
  }

  /** Checkpoints that nobody writes any more, and that are not gone. */
  async abandonedCheckpoints(): Promise<number> {
    const [row] = await this.rows<{ count: number }>(
      `SELECT count(*)::integer AS count FROM checkpoints c JOIN jobs j ON j.id = c.job_id
        WHERE c.status = 'pending' AND (c.epoch < j.epoch OR j.current_run_id IS NULL)`,
    );
    return row?.count ?? 0;
  }

  /** Orders to go back, of jobs that are wanted running, that no start has heard. */
  async undecidedRollbacks(): Promise<number> {
    const [row] = await this.rows<{ count: number }>(
      `SELECT count(*)::integer AS count FROM rollbacks r JOIN jobs j ON j.id = r.job_id
        WHERE r.status = 'ordered' AND j.desired = 'running'`,
    );
    return row?.count ?? 0;
  }

  /** How many of these jobs are not cancelled yet, or still with a runner. */
  async unfinishedOf(jobIds: readonly string[]): Promise<number> {
    const [row] = await this.rows<{ count: number }>(
      `SELECT count(*)::integer AS count FROM jobs
        WHERE id = ANY ($1) AND (status <> 'cancelled' OR current_run_id IS NOT NULL)`,
      [jobIds],
    );
    return row?.count ?? 0;
  }

  /** Checkpoints that are held for forks which have one of their own by now, read back and found whole. */
  async needlessPins(): Promise<number> {
    const [row] = await this.rows<{ count: number }>(
      `SELECT count(*)::integer AS count FROM checkpoint_pins p
        WHERE p.owner LIKE 'fork/%' AND EXISTS (
          SELECT 1 FROM checkpoints c
           WHERE c.job_id = p.for_job_id AND c.status = 'complete' AND c.verified_at IS NOT NULL)`,
    );
    return row?.count ?? 0;
  }

  async job(jobId: string): Promise<JobRow> {
    const [row] = await this.rows<JobRow>(
      `SELECT j.id, desired, j.status, status_reason AS "statusReason", j.revision, j.epoch::integer, timeline,
              last_timeline AS "lastTimeline", last_batch_id::integer AS "lastBatchId",
              COALESCE(CASE WHEN last_timeline = timeline THEN last_offsets ELSE base_offsets END, '{}') AS offsets,
              r.runner_id AS "runnerId", r.revision AS "runRevision"
         FROM jobs j LEFT JOIN runs r ON r.id = j.current_run_id WHERE j.id = $1`,
      [jobId],
    );
    if (row === undefined) throw new Error(`There is no job ${jobId}.`);
    return row;
  }

  /** Of a sink. A table that nothing was ever written to may be missing. */
  async table<Row extends object>(name: string): Promise<readonly Row[]> {
    const [found] = await this.rows<{ there: boolean }>(
      'SELECT to_regclass($1) IS NOT NULL AS there',
      [name],
      this.warehouseUrl,
    );
    return found?.there === true ? this.rows<Row>(`SELECT * FROM ${name}`, [], this.warehouseUrl) : [];
  }

  async rows<Row extends object>(
    query: string,
    values: readonly unknown[] = [],
    url = this.databaseUrl,
  ): Promise<readonly Row[]> {
    const { rows } = await until('the database answers', WAIT_MS_MAX, async () => {
      const client = new Client({ connectionString: url });
      client.on('error', () => undefined);
      try {
        await client.connect();
        return await client.query<Row>(query, values.length === 0 ? undefined : [...values]);
      } catch (error) {
        if (isRefusal(error)) throw error;
        return undefined;
      } finally {
        await client.end().catch(() => undefined);
      }
    });
    return rows;
  }
}

/** The server has understood, and will not: asking again does not help. Class 57 is a server that comes or goes. */
const isRefusal = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  /^[0-9A-Z]{5}$/.test(String(error.code)) &&
  !/^(57|08)/.test(String(error.code));

function entryOf(row: LogRow, forms: ReadonlyMap<number, number>): LogEntry {
  const { kind, timeline, data } = row;
  if (kind === 'claim') return { kind, epoch: Number(row.epoch) };
  if (kind === 'timeline') {
    const { after, base, ...begun } = data as Begun;
    return { kind, timeline, ...begun, ...(after === null ? {} : { after }), ...(base === null ? {} : { base }) };
  }
  if (kind === 'release') {
    const { reason, open } = data as { reason: string; open: number };
    return { kind, reason, open, epoch: Number(row.epoch) };
  }
  if (kind === 'gone') return { kind, ...(data as { id: string; status: 'corrupt' | 'deleted' }) };
  const job = { epoch: Number(row.job_epoch), timeline: row.job_timeline };
  const written = { timeline, batchId: Number(row.batch_id), epoch: Number(row.epoch), job };
  if (kind === 'plan') return { kind, ranges: data as Ranges, isWanted: row.is_wanted, ...written };
  if (kind === 'commit') return { kind, ...written };
  if (kind === 'checkpoint') {
    const { id, revision, paths } = data as { id: string; revision: number; paths: readonly string[] };
    return { kind, id, paths, form: forms.get(revision) ?? FIRST_FORM, ...written };
  }
  throw new Error(`The witness has noted "${kind}".`);
}
