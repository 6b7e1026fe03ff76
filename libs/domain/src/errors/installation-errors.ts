import type { QueueKind } from '../installation/queue-kind.js';
import type { ErrorSpec } from './error-spec.js';

/** Of a database, an object store and a queue that are not there, or do not belong together. */
export const INSTALLATION_ERRORS = {
  database_unavailable: {
    kind: 'unavailable',
    fault: 'external',
    retry: 'backoff',
    say: () =>
      'The database does not answer. Whether something was done is not known where a change was asked for: send it again, ' +
      'with the same Idempotency-Key, and it happens once.',
  },
  store_of_another_installation: {
    kind: 'conflict',
    fault: 'user',
    retry: 'never',
    say: (p: { installationId: string; found: string }) =>
      `The database (TIDEMARK_DATABASE_URL) belongs to installation ${p.installationId}, and the object store ` +
      `(TIDEMARK_OBJECTS_DIR) to installation ${p.found}. Nothing was changed. Set one of the two to that of the other.`,
  },
  store_not_marked: {
    kind: 'conflict',
    fault: 'user',
    retry: 'never',
    say: (p: { installationId: string }) =>
      `The database (TIDEMARK_DATABASE_URL) belongs to installation ${p.installationId}, and the object store ` +
      '(TIDEMARK_OBJECTS_DIR) to none: it is another folder than the one that this installation uses, or is not mounted. ' +
      `Nothing was changed. Set it to the installation's own; if this one is meant, start once with ` +
      `TIDEMARK_ADOPT_STORE=${p.installationId}.`,
  },
  store_without_objects: {
    kind: 'conflict',
    fault: 'user',
    retry: 'never',
    say: (p: { installationId: string; missing: string }) =>
      `The object store (TIDEMARK_OBJECTS_DIR) has nothing of what the database (TIDEMARK_DATABASE_URL) says is in it, for ` +
      `example ${p.missing}: no job could be started. Nothing was changed. Set it to the store of this database; if this ` +
      `one is meant, start once with TIDEMARK_ADOPT_STORE=${p.installationId}.`,
  },
  store_mark_unreadable: {
    kind: 'conflict',
    fault: 'user',
    retry: 'never',
    say: (p: { path: string }) =>
      `The object ${p.path} of the object store (TIDEMARK_OBJECTS_DIR) does not say to which installation it belongs. ` +
      'Nothing was changed. Put it back from a copy of the store, or write the id there that the database has in its table ' +
      '"installation".',
  },
  queue_of_another_kind: {
    kind: 'conflict',
    fault: 'user',
    retry: 'never',
    say: (p: { installationId: string; recorded: QueueKind; configured: QueueKind }) =>
      `Installation ${p.installationId} of the database (TIDEMARK_DATABASE_URL) has its queue in ${p.recorded}, and ` +
      `this process has it in ${p.configured} (TIDEMARK_REDIS_URL; postgres without it): neither could reach what the other ` +
      'runs. Nothing was changed. Give this process the settings of the others, or a database of its own; to move the ' +
      `installation to this queue, stop the others and start once with ${adoptQueue(p)}.`,
  },
  queue_of_another_installation: {
    kind: 'conflict',
    fault: 'user',
    retry: 'never',
    say: (p: { installationId: string; found: string }) =>
      `The database (TIDEMARK_DATABASE_URL) belongs to installation ${p.installationId}, and the queue ` +
      `(TIDEMARK_REDIS_URL) to installation ${p.found}: each would take the other's messages. Nothing was changed. Set one ` +
      "of the two to that of the other; if the other installation is gone and its Redis is to be this one's, start once " +
      `with ${adoptQueue(p)}.`,
  },
  queue_used_elsewhere: {
    kind: 'conflict',
    fault: 'user',
    retry: 'never',
    say: (p: { installationId: string }) =>
      `Other processes of installation ${p.installationId}, to which the database (TIDEMARK_DATABASE_URL) belongs, use a ` +
      'queue in another Redis than this process (TIDEMARK_REDIS_URL): neither could reach what the other runs. Nothing was ' +
      'changed. Give this process the settings of the others, or a database of its own; to move the installation to this ' +
      `queue, stop the others and start once with ${adoptQueue(p)}.`,
  },
  queue_mark_unreadable: {
    kind: 'conflict',
    fault: 'user',
    retry: 'never',
    say: (p: { installationId: string; key: string }) =>
      `The key ${p.key} of the queue (TIDEMARK_REDIS_URL) does not say to which installation it belongs: something else ` +
      'has written it, or a newer version of Tidemark. Nothing was changed. Give Tidemark a Redis database of its own; ' +
      `if this one is meant, start once with ${adoptQueue(p)}.`,
  },
} as const satisfies Record<string, ErrorSpec>;

const adoptQueue = (p: { readonly installationId: string }): string => `TIDEMARK_ADOPT_QUEUE=${p.installationId}`;
