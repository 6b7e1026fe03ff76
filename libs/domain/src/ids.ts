/** A string that stands for one kind of thing only. Brands exist at compile time; at run time an id is its text. */
type Branded<Name extends string> = string & { readonly __brand: Name };

export type TenantId = Branded<'TenantId'>;
export type ApiKeyId = Branded<'ApiKeyId'>;
export type JobId = Branded<'JobId'>;
export type RunId = Branded<'RunId'>;
export type RunnerId = Branded<'RunnerId'>;
export type CheckpointId = Branded<'CheckpointId'>;
export type DecisionId = Branded<'DecisionId'>;
export type PlanId = Branded<'PlanId'>;
export type SavepointId = Branded<'SavepointId'>;
export type RollbackId = Branded<'RollbackId'>;
export type AuditEventId = Branded<'AuditEventId'>;
export type InstallationId = Branded<'InstallationId'>;
export type QueueId = Branded<'QueueId'>;
export type DeadLetterId = Branded<'DeadLetterId'>;
/** SHA-256 of a bundle's JavaScript, in lower-case hex. */
export type BundleDigest = Branded<'BundleDigest'>;

/** The prefix of every public id. What follows is a UUIDv7 without dashes, so ids sort by creation. */
export const ID_PREFIX = {
  tenant: 'tnt',
  apiKey: 'key',
  job: 'job',
  run: 'run',
  runner: 'rnr',
  checkpoint: 'ckp',
  decision: 'dec',
  plan: 'upl',
  savepoint: 'sav',
  rollback: 'rbk',
  auditEvent: 'aud',
  installation: 'ins',
  queue: 'que',
  deadLetter: 'dlt',
} as const;

interface IdTypes {
  tenant: TenantId;
  apiKey: ApiKeyId;
  job: JobId;
  run: RunId;
  runner: RunnerId;
  checkpoint: CheckpointId;
  decision: DecisionId;
  plan: PlanId;
  savepoint: SavepointId;
  rollback: RollbackId;
  auditEvent: AuditEventId;
  installation: InstallationId;
  queue: QueueId;
  deadLetter: DeadLetterId;
}

export type IdKind = keyof typeof ID_PREFIX;
/** The type of an id of this kind. */
export type IdOf<K extends IdKind> = IdTypes[K];

/** Where new ids come from. A port, because the core has no randomness of its own. */
export abstract class IdSource {
  /** A fresh UUIDv7 in its usual dashed form. */
  protected abstract uuid(): string;

  next<K extends IdKind>(kind: K): IdTypes[K] {
    return `${ID_PREFIX[kind]}_${this.uuid().replaceAll('-', '')}` as IdTypes[K];
  }
}

/** True when `text` has the form of an id of this kind. Says nothing about whether the thing exists. */
export function isId<K extends IdKind>(kind: K, text: string): text is IdTypes[K] {
  return new RegExp(`^${ID_PREFIX[kind]}_[0-9a-f]{32}$`).test(text);
}
