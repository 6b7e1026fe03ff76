import { z } from 'zod';
import {
  DEFAULT_FLOW,
  DOWNTIME_POLICIES,
  hasInterval,
  POISON_POLICIES,
  SET_ASIDE_PER_BATCH_MAX,
  TRIGGERS,
} from '@tidemark/domain';
import {
  DEFINITION_LIMITS,
  isStorable,
  type BatchFailure,
  type DefinitionProblem,
  type SetAsideLine,
  type StoredForm,
} from '@tidemark/engine';

/**
 * What the host asks. Bodies: `load` and `logic` the bundle's code, `restore`, `convert` and `rows` a state block, `run` and `look` the sources'
 * bytes in order.
 */
export type Request =
  | { readonly type: 'load'; readonly memoryMb: number; readonly deadlineMs: number; readonly seed: string }
  /** What the operators of the loaded bundle do, as hashes. */
  | { readonly type: 'logic'; readonly deadlineMs: number }
  | { readonly type: 'restore'; readonly uid: string }
  /** Makes of a state block of another form one to be restored. */
  | { readonly type: 'convert'; readonly uid: string; readonly form: StoredForm; readonly deadlineMs: number }
  /** `look` before `run`: collects the keys of the batch whose rows may lie outside of the sandbox. */
  | {
      readonly type: 'run' | 'look';
      readonly batchId: number;
      readonly batchTimeMs: number;
      readonly seed: string;
      readonly deadlineMs: number;
      readonly sources: readonly {
        readonly uid: string;
        readonly bytes: number;
        /** How many of the first lines are records that are read again. Absent: none. */
        readonly readAgain?: number;
      }[];
    }
  /** Rows that lay outside, for the batch that is about to run. */
  | { readonly type: 'rows'; readonly uid: string }
  /** How many rows lie outside when the job is restored. */
  | { readonly type: 'elsewhere'; readonly uid: string; readonly rows: number }
  | { readonly type: 'snapshot'; readonly kind: 'full' | 'delta' }
  /** The next block: of the snapshot under way, of the keys that were looked for, or of what leaves the sandbox. */
  | { readonly type: 'block'; readonly of: BlocksOf };

export type BlocksOf = 'snapshot' | 'missing' | 'spilled';

/** Names and counts are bounded again by what the host knows of the job; these bounds only keep a reply small. */
const name = z.string().max(200);
const shortText = z.string().max(400);
const text = z.string().max(10_000);
const count = z.int().min(0);
const line = z.strictObject({ source: name, line: count });
const operator = z.strictObject({ kind: name, uid: name.optional(), at: shortText });

const failure = z.discriminatedUnion('code', [
  z.strictObject({
    code: z.literal('job_code_threw'),
    operator,
    reason: text,
    stack: text.optional(),
    record: line.optional(),
  }),
  z.strictObject({ code: z.literal('record_unreadable'), record: line, reason: text }),
  z.strictObject({ code: z.literal('too_many_dead_letters'), record: line, reason: text }),
  z.strictObject({ code: z.literal('state_not_json'), operator, key: text, path: text, found: text }),
  z.strictObject({ code: z.literal('state_over_bound'), operator, bound: text, key: text }),
  z.strictObject({ code: z.literal('job_output_too_large'), what: text, bytes: count, bytesMax: count }),
]);

const problem = z.discriminatedUnion('code', [
  z.strictObject({ code: z.literal('bundle_defines_no_job'), params: z.strictObject({ reason: text }) }),
  z.strictObject({ code: z.literal('graph_uid_missing'), params: z.strictObject({ kind: name, at: shortText }) }),
  z.strictObject({
    code: z.literal('graph_uid_twice'),
    params: z.strictObject({ uid: name, at: shortText, firstAt: shortText }),
  }),
  z.strictObject({
    code: z.literal('graph_has_cycle'),
    params: z.strictObject({ through: z.array(name).max(1_000), at: shortText }),
  }),
  z.strictObject({ code: z.literal('graph_invalid'), params: z.strictObject({ reason: text, at: shortText }) }),
]);

const uid = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/);

const weight = z.number().min(0);
const flow = z.strictObject({
  trigger: z.enum(TRIGGERS),
  downtime: z.enum(DOWNTIME_POLICIES),
  backPressure: z.union([
    z.literal(false),
    z.strictObject({ proportional: weight, integral: weight, derivative: weight, bytesPerSecondMin: weight }),
  ]),
});

/** Again, because the guest that has judged them is no boundary. */
const options = z
  .record(z.string().max(200), z.json())
  .refine((json) => JSON.stringify(json).length <= DEFINITION_LIMITS.optionsCharsMax);

const manifest = z.strictObject({
  definition: z.literal(1),
  name: z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/),
  batchIntervalMs: z.int().min(0).max(DEFINITION_LIMITS.batchIntervalMsMax),
  flow: flow.optional(),
  poison: z.enum(POISON_POLICIES),
  nodes: z
    .array(
      z.strictObject({
        id: count,
        kind: z.string().max(50),
        uid: uid.optional(),
        inputs: z.array(count).max(DEFINITION_LIMITS.inputsMax),
        connector: z
          .string()
          .regex(/^[a-z][a-z0-9-]{0,30}$/)
          .optional(),
        options,
        at: shortText,
      }),
    )
    .max(DEFINITION_LIMITS.nodesMax)
    // What a batch may have in memory is shared out among them.
    .refine((nodes) => nodes.filter(({ kind }) => kind === 'source').length <= DEFINITION_LIMITS.sourcesMax),
  shapes: z.record(
    uid,
    z.strictObject({
      kind: z.string().max(50),
      key: z.literal('json'),
      value: z.literal('json'),
      codec: z.strictObject({ name: z.string().max(50), version: z.int().min(1) }),
      parameters: z.record(z.string().max(100), z.union([z.number(), z.string().max(200), z.boolean()])),
      schema: z.json().exactOptional(),
      version: z.int().min(1).exactOptional(),
      keySchema: z.json().exactOptional(),
    }),
  ),
  migrations: z.record(uid, z.array(z.int().min(1)).max(10_000)).exactOptional(),
});

const hashes = z
  .record(uid, z.string().regex(/^\d{1,4}:[0-9a-f]{64}$/))
  .refine((byUid) => Object.keys(byUid).length <= DEFINITION_LIMITS.nodesMax);

/** Whether its batches can be due at all: an interval of nothing would be divided by. */
function isTimed({ batchIntervalMs, flow: { trigger, downtime } = DEFAULT_FLOW }: z.infer<typeof manifest>): boolean {
  if (hasInterval(trigger)) return batchIntervalMs >= DEFINITION_LIMITS.batchIntervalMsMin;
  return batchIntervalMs === 0 && downtime === 'coalesce';
}

/**
 * What a sandbox may answer. Bodies: `done` the sinks' bytes in order, `block` and `converted` a state block. The tenant's code may have
 * written these, so every one is checked.
 */
export const replySchema = z.discriminatedUnion('type', [
  /** `precompiled`: whether V8 took what was compiled of the guest when it was built. */
  z.strictObject({ type: z.literal('ready'), precompiled: z.boolean() }),
  // What is kept as it stands; everything else that is said goes through `printable` first.
  z.strictObject({ type: z.literal('loaded'), manifest: manifest.refine((json) => isStorable(json) && isTimed(json)) }),
  z.strictObject({ type: z.literal('logic'), hashes }),
  z.strictObject({ type: z.literal('refused'), problem }),
  z.strictObject({ type: z.literal('not_javascript'), reason: text, at: shortText }),
  z.strictObject({ type: z.literal('threw'), reason: text, stack: text.optional() }),
  z.strictObject({ type: z.literal('restored') }),
  z.strictObject({ type: z.literal('not_restored'), reason: text }),
  z.strictObject({ type: z.literal('converted') }),
  z.strictObject({ type: z.literal('not_converted'), key: text, reason: text }),
  z.strictObject({
    type: z.literal('done'),
    sinks: z.array(z.strictObject({ uid: name, rows: count, bytes: count })).max(1_000),
    recordsIn: count,
    recordsSkipped: count,
    skipped: z.array(z.strictObject({ source: name, line: count, reason: text })).max(5),
    setAside: z
      .array(z.strictObject({ source: name, line: count, reason: text, operator: operator.exactOptional() }))
      .max(SET_ASIDE_PER_BATCH_MAX)
      .exactOptional(),
    stateKeys: z.array(z.strictObject({ uid: name, keys: count })).max(1_000),
    counts: z.array(z.strictObject({ uid: name, name, count })).max(5_000),
    log: z.array(z.string().max(1_000)).max(101),
  }),
  z.strictObject({ type: z.literal('failed'), failure, log: z.array(z.string().max(1_000)).max(101) }),
  z.strictObject({ type: z.literal('frozen') }),
  z.strictObject({ type: z.literal('looked') }),
  z.strictObject({ type: z.literal('block'), uid: name, rows: count, deleted: count }),
  z.strictObject({ type: z.literal('end') }),
  z.strictObject({ type: z.literal('over_deadline') }),
  z.strictObject({ type: z.literal('over_memory') }),
  z.strictObject({ type: z.literal('too_large'), what: text, bytes: count }),
]);

export type Reply = z.infer<typeof replySchema>;
export type ReplyOf<T extends Reply['type']> = Extract<Reply, { readonly type: T }>;

/** JSON has no undefined: a member that is absent on the wire is put back as the engine's types have it. */
export function failureFromWire(wire: ReplyOf<'failed'>['failure']): BatchFailure {
  switch (wire.code) {
    case 'job_code_threw':
      return {
        ...wire,
        operator: { ...wire.operator, uid: wire.operator.uid },
        stack: wire.stack,
        record: wire.record,
      };
    case 'state_not_json':
    case 'state_over_bound':
      return { ...wire, operator: { ...wire.operator, uid: wire.operator.uid } };
    default:
      return wire;
  }
}

export const setAsideFromWire = ({
  operator: wire,
  ...record
}: NonNullable<ReplyOf<'done'>['setAside']>[number]): SetAsideLine =>
  wire === undefined ? record : { ...record, operator: { ...wire, uid: wire.uid } };

export const problemFromWire = (wire: ReplyOf<'refused'>['problem']): DefinitionProblem => wire;
