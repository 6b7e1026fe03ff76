// Generated from openapi/api.v1.json by tools/contracts.mjs. Do not edit.
export interface paths {
  '/v1/bundles': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Lists bundles, newest first */
    get: operations['listBundles'];
    put?: never;
    /** Uploads a bundle; the same code again is the same bundle */
    post: operations['uploadBundle'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/bundles/{digest}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Shows a bundle */
    get: operations['getBundle'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/jobs': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Lists jobs, newest first */
    get: operations['listJobs'];
    put?: never;
    /** Submits a job */
    post: operations['submitJob'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/jobs/{id}/revisions': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Lists the revisions of a job, newest first */
    get: operations['listRevisions'];
    put?: never;
    /** Gives a job its next revision */
    post: operations['deployRevision'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/jobs/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Shows a job */
    get: operations['getJob'];
    put?: never;
    post?: never;
    /** Deletes a job that no runner owns, with its history */
    delete: operations['deleteJob'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/jobs/{id}/runs': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Lists the runs of a job, newest first */
    get: operations['listRuns'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/jobs/{id}/batches': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Lists the batches of a timeline, newest first */
    get: operations['listBatches'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/jobs/{id}/checkpoints': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Lists the checkpoints of a job, newest first */
    get: operations['listCheckpoints'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/jobs/{id}/decisions': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Lists the restore decisions of a job, newest first */
    get: operations['listDecisions'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/jobs/{id}/checkpoints/{checkpointId}/state': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Lists the state of an operator in a checkpoint, or of one key of it */
    get: operations['listState'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/jobs/{id}/checkpoints/{checkpointId}/diff/{otherId}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Counts the keys that differ between two checkpoints of a job */
    get: operations['diffCheckpoints'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/jobs/{id}/checkpoints/{checkpointId}/diff/{otherId}/keys': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Lists the keys of an operator that differ between two checkpoints */
    get: operations['listDifferences'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/bundles/{digest}/code': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Hands out the JavaScript of a bundle, and its source map */
    get: operations['getBundleCode'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/jobs/{id}/checkpoints/{checkpointId}/objects': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Lists the stored objects that a restore of a checkpoint reads */
    get: operations['listCheckpointObjects'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/jobs/{id}/checkpoints/{checkpointId}/objects/{sha256}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Hands out a stored object of a checkpoint */
    get: operations['getCheckpointObject'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/jobs/{id}/batches/{timeline}/{batchId}/input': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Reads again what a committed batch has read, and hands it out */
    get: operations['getBatchInput'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/jobs/{id}/events': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Lists the events after one, oldest first, or the newest; or streams them as they happen */
    get: operations['listEvents'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/jobs/{id}/start': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Starts a job that is stopped, finished, failed or waiting for a decision */
    post: operations['startJob'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/jobs/{id}/stop': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Stops a job with a checkpoint, to be started again later */
    post: operations['stopJob'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/jobs/{id}/cancel': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Ends a job for good */
    post: operations['cancelJob'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/jobs/{id}/upgrade-plans': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Lists the plans of a job, newest first */
    get: operations['listUpgradePlans'];
    put?: never;
    /** Says what an upgrade would do, while the job goes on */
    post: operations['planUpgrade'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/jobs/{id}/upgrade-plans/{planId}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Shows a plan */
    get: operations['getUpgradePlan'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/jobs/{id}/upgrade-decision': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Decides what becomes of a revision that waits */
    post: operations['decideUpgrade'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/jobs/{id}/savepoints': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Lists the savepoints of a job, newest first */
    get: operations['listSavepoints'];
    put?: never;
    /** Asks for a savepoint: a checkpoint with a name, which is kept until it is deleted */
    post: operations['requestSavepoint'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/jobs/{id}/savepoints/{savepointId}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Shows a savepoint */
    get: operations['getSavepoint'];
    put?: never;
    post?: never;
    /** Lets go of a savepoint: its checkpoint is kept or collected like any other from then on */
    delete: operations['deleteSavepoint'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/jobs/{id}/rollback-preview': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Shows what a rollback would do; nothing is written */
    get: operations['previewRollback'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/jobs/{id}/rollbacks': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Lists the rollbacks of a job, newest first */
    get: operations['listRollbacks'];
    put?: never;
    /** Takes a job back to a checkpoint: bundle, configuration, state and offsets together */
    post: operations['rollBack'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/jobs/{id}/rollbacks/{rollbackId}/undo': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Takes a job back to where a rollback has left: the newest checkpoint of that timeline */
    post: operations['undoRollback'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/jobs/{id}/rollbacks/{rollbackId}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Shows a rollback, and what has come of it */
    get: operations['getRollback'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/jobs/{id}/forks': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Makes a new job that begins with state and offsets of a checkpoint of this one */
    post: operations['forkJob'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/jobs/{id}/dead-letters': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Lists the dead letters of a job, newest first */
    get: operations['listDeadLetters'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/jobs/{id}/dead-letters/{letterId}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Shows a dead letter with the bytes of its record */
    get: operations['getDeadLetter'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/jobs/{id}/dead-letters/redrive': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Has the next batches of a job read records again that were set aside, each exactly once */
    post: operations['redriveDeadLetters'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/jobs/{id}/dead-letters/discard': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Settles dead letters that wait without reading their records again */
    post: operations['discardDeadLetters'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/jobs/{id}/offsets': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Shows a job's committed offsets beside what its sources hold */
    get: operations['getOffsets'];
    put?: never;
    post?: never;
    /** Forgets offsets of a job at rest; the next start begins at the start of the sources */
    delete: operations['resetOffsets'];
    options?: never;
    head?: never;
    /** Sets offsets of a job at rest; the next start goes on there, on a new timeline */
    patch: operations['setOffsets'];
    trace?: never;
  };
  '/v1/jobs/{id}/checkpoints/{checkpointId}/offsets': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Shows the offsets of a checkpoint beside what the sources hold now */
    get: operations['getCheckpointOffsets'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/jobs/{id}/next-start': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Shows from what the next start of a job would begin, and why; nothing is written */
    get: operations['previewNextStart'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/runners': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Lists all runners, on one page */
    get: operations['listRunners'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/tenants': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Lists tenants, newest first */
    get: operations['listTenants'];
    put?: never;
    /** Creates a tenant, or shows the one that has this name */
    post: operations['ensureTenant'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/tenants/{id}/api-keys': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Lists the API keys of a tenant, revoked ones too, newest first */
    get: operations['listApiKeys'];
    put?: never;
    /** Creates an API key of a tenant */
    post: operations['createApiKey'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/tenants/{id}/api-keys/{keyId}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post?: never;
    /** Revokes an API key of a tenant, for good; again it answers the same */
    delete: operations['revokeApiKey'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/admin-keys': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Lists the API keys of admins, revoked ones too, newest first */
    get: operations['listAdminKeys'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/admin-keys/{keyId}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post?: never;
    /** Revokes an API key of an admin, but never the one that the request came with; again it answers the same */
    delete: operations['revokeAdminKey'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/jobs/{id}/retention': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Shows how much of a job's past is kept */
    get: operations['getRetention'];
    /** Replaces the limits on how much of a job's past is kept; no run notices */
    put: operations['setRetention'];
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/usage': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Shows what is stored of checkpoints, for each job and in all */
    get: operations['getUsage'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/tenants/{id}/retention': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Shows the most that a tenant's jobs may keep of their past */
    get: operations['getTenantRetention'];
    /** Replaces the limits on what a tenant's jobs may keep of their past */
    put: operations['setTenantRetention'];
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/tenants/{id}/usage': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Shows what is stored of a tenant's checkpoints, for each job and in all */
    get: operations['getTenantUsage'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/audit-events': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Lists what was asked of the service for a tenant, or, to an admin's key that names none, for all; newest first */
    get: operations['listAuditEvents'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/health': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Says whether the service can work */
    get: operations['getHealth'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/v1/health/live': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Says that the process answers */
    get: operations['getLiveness'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
}
export type webhooks = Record<string, never>;
export interface components {
  schemas: {
    /** @description An RFC 9457 problem. Parameters of the error are further members. */
    Problem: {
      /**
       * @description A URN that names the kind of problem.
       * @example urn:tidemark:problem:job_name_taken
       */
      type: string;
      /**
       * @description The same for every problem of this type.
       * @example job name taken
       */
      title: string;
      /** @description The HTTP status. */
      status: number;
      /** @description One sentence on what is wrong this time. */
      detail: string;
      /**
       * @description Stable, machine-readable name of the error.
       * @example job_name_taken
       */
      code: string;
      /** @description The path of the request. */
      instance: string;
      /** @description Every field that is wrong, for `validation_failed`. */
      problems?: {
        field: string;
        problem: string;
      }[];
    };
    BundleUpload: {
      /** @description One classic script that leaves the job in the global `tidemarkJob`. */
      code: string;
      /** @description Source map of the code, version 3, as JSON text. */
      sourceMap?: string;
    };
    GraphNode: {
      /** @description Position in the definition. */
      id: number;
      /** @description What it does, for example `source` or `updateStateByKey`. */
      kind: string;
      /** @description The name that state and offsets are bound to. */
      uid: string | null;
      /** @description Positions of the nodes that it reads from. */
      inputs: number[];
      /** @description Connector of a source or sink. */
      connector: string | null;
      /** @description Options of a source or sink, or parameters of an operator. */
      options: {
        [key: string]: unknown;
      };
      /** @description `file:line:column` in the source. */
      at: string;
    };
    BundleManifest: {
      /** @description Name that the bundle gives its job. */
      name: string;
      /** @description Milliseconds between batches; null under a trigger without an interval. */
      batchIntervalMs: number | null;
      /**
       * @description When the next batch is due.
       * @enum {string}
       */
      trigger: 'interval' | 'asap' | 'available-now' | 'once';
      /**
       * @description What becomes of the intervals that passed while no run had the job.
       * @enum {string}
       */
      downtime: 'coalesce' | 'each' | 'skip';
      /** @description Whether batches are held to their interval by what they may read. */
      backPressure: boolean;
      /**
       * @description What happens to a record that cannot be read, or at which the code throws.
       * @enum {string}
       */
      poison: 'fail' | 'skip' | 'dead_letter';
      /** @description The graph. */
      nodes: components['schemas']['GraphNode'][];
      /** @description A hash of the logic of each source, operator and sink, by uid: equal where it does the same. One that could not be told is not there. */
      logic: {
        [key: string]: string;
      };
    };
    Bundle: {
      /** @description SHA-256 of the bundle's JavaScript, hex. */
      digest: string;
      /** @description Length of the JavaScript. */
      bytes: number;
      /** @description What the bundle says of itself. */
      manifest: components['schemas']['BundleManifest'];
      /**
       * Format: date-time
       * @description When it was uploaded first.
       */
      createdAt: string;
    };
    BundlePage: {
      /** @description The items, in the order of the list. */
      items: components['schemas']['Bundle'][];
      /** @description What to send as `after` for the next page; null on the last one. */
      next: string | null;
    };
    BundleReference: {
      /** @description Digest of a bundle that was uploaded before. */
      digest: string;
    };
    LimitsOrder: {
      /** @description Memory of the job's sandbox in MiB; 256 by default. */
      memoryMb?: number;
      /** @description CPU deadline of a batch in ms; 10 000 by default. */
      cpuMsPerBatch?: number;
    };
    HealthLimitsOrder: {
      /** @description Batches that it must commit within these limits before it counts as healthy; 5 by default, 0: it is not watched. */
      batches?: number;
      /** @description How many times longer than before a batch, and each of its records, may take; 3 by default. */
      slowdown?: number;
      /** @description How many times as many rows of state as it took over it may have; 10 by default. */
      growth?: number;
      /** @description Which part of a batch's records it may skip as unreadable; 0.1 by default. */
      skipped?: number;
    };
    JobConfigOrder: {
      /**
       * @description What to do where state does not fit or cannot be read; `ask` by default.
       * @enum {string}
       */
      restorePolicy?: 'ask' | 'fail' | 'reset_keep_offsets';
      /** @description Milliseconds between checkpoints; by default ten batch intervals and at least 10 000. */
      checkpointIntervalMs?: number;
      /** @description Bounds of the job. */
      limits?: components['schemas']['LimitsOrder'];
      /** @description What the revision is held to after it has taken over from another one; otherwise it goes back by itself. */
      health?: components['schemas']['HealthLimitsOrder'];
    };
    JobOrder: {
      /** @description Name of the job, unique for the tenant; by default the bundle's own. */
      name?: string;
      /** @description A bundle uploaded before, by its digest, or a new one. */
      bundle: components['schemas']['BundleReference'] | components['schemas']['BundleUpload'];
      /** @description Configuration of the revision. */
      config?: components['schemas']['JobConfigOrder'];
    };
    StatusReason: {
      /** @description Code of the error behind the status, from the error catalogue. */
      code: string | null;
      /** @description One sentence. */
      message: string;
    };
    CurrentRun: {
      /** @description The run that owns the job now. */
      id: string;
      /** @description The runner that it is on; null until one has claimed it. */
      runnerId: string | null;
      /** @description The job's epoch while this run owns it. */
      epoch: number;
    };
    LastBatch: {
      /** @description The timeline that the batch is on. */
      timeline: number;
      /** @description Counts from 1 on every timeline. */
      batchId: number;
      /**
       * Format: date-time
       * @description The only time that the batch saw.
       */
      batchTime: string;
      /**
       * Format: date-time
       * @description When it was committed.
       */
      committedAt: string;
      /** @description The next position to read, by source uid and partition. */
      offsets: {
        [key: string]: {
          [key: string]: number;
        };
      };
    };
    PendingUpgrade: {
      /** @description The revision that waits. */
      revision: number;
      /** @description What stands in its way, one sentence each. */
      objections: string[];
    };
    JobWarning: {
      /**
       * @description What it is about, as a stable code.
       * @enum {string}
       */
      code: 'quota_pressure';
      /** @description What it is, what comes of it, and what to do. */
      message: string;
    };
    Job: {
      /** @description Id of the job. */
      id: string;
      /** @description Name, unique for the tenant. */
      name: string;
      /**
       * @description What the owner wants; the scheduler brings the status there.
       * @enum {string}
       */
      desired: 'running' | 'stopped' | 'cancelled';
      /**
       * @description What was observed last.
       * @enum {string}
       */
      status:
        | 'submitted'
        | 'scheduled'
        | 'restoring'
        | 'running'
        | 'draining'
        | 'backing_off'
        | 'awaiting_decision'
        | 'stopped'
        | 'finished'
        | 'failed'
        | 'cancelled';
      /**
       * Format: date-time
       * @description Since when.
       */
      statusSince: string;
      /** @description Why the job is in this status, where there is something to say. */
      reason: components['schemas']['StatusReason'] | null;
      /** @description The revision that the next run takes. */
      revision: number;
      /** @description Raised by every claim. */
      epoch: number;
      /** @description Raised by every rollback or reset. */
      timeline: number;
      /** @description The run that owns the job now. */
      currentRun: components['schemas']['CurrentRun'] | null;
      /** @description The last committed batch. */
      lastBatch: components['schemas']['LastBatch'] | null;
      /** @description A revision that waits for a decision, while the one before it goes on. */
      upgrade: components['schemas']['PendingUpgrade'] | null;
      /** @description What its owner should know although it does not keep the job from running. */
      warnings: components['schemas']['JobWarning'][];
      /** @description Grows with every change; also the ETag. */
      version: number;
      /**
       * Format: date-time
       * @description When the job was submitted.
       */
      createdAt: string;
    };
    UpgradeOptions: {
      /** @description The new uid of an operator by its old one: its state moves there. */
      renames?: {
        [key: string]: string;
      };
      /** @description Uids of operators that are gone, whose state may go too. */
      drops?: string[];
      /** @description Uids of operators that shall start empty. */
      resets?: string[];
    };
    RevisionOrder: {
      /** @description A bundle uploaded before, by its digest, or a new one. */
      bundle?: components['schemas']['BundleReference'] | components['schemas']['BundleUpload'];
      /** @description Id of an upgrade plan, instead of bundle, config and upgrade: what it says is deployed, if it would come out the same now. */
      plan?: string;
      /** @description What is said about the state. */
      upgrade?: components['schemas']['UpgradeOptions'];
      /** @description Configuration of the revision; what it leaves out stays as it was. */
      config?: components['schemas']['JobConfigOrder'];
    };
    JobPage: {
      /** @description The items, in the order of the list. */
      items: components['schemas']['Job'][];
      /** @description What to send as `after` for the next page; null on the last one. */
      next: string | null;
    };
    Limits: {
      /** @description Memory of the job's sandbox, in MiB. */
      memoryMb: number;
      /** @description CPU deadline of one batch, in milliseconds. */
      cpuMsPerBatch: number;
    };
    HealthLimits: {
      /** @description Batches that it must commit within these limits before it counts as healthy; 0: it is not watched. */
      batches: number;
      /** @description How many times longer than before a batch, and each of its records, may take. */
      slowdown: number;
      /** @description How many times as many rows of state as it took over it may have. */
      growth: number;
      /** @description Which part of a batch's records it may skip as unreadable. */
      skipped: number;
    };
    JobConfig: {
      /**
       * @description What to do where state does not fit or cannot be read.
       * @enum {string}
       */
      restorePolicy: 'ask' | 'fail' | 'reset_keep_offsets';
      /** @description Milliseconds between checkpoints. */
      checkpointIntervalMs: number;
      /** @description Bounds of the job. */
      limits: components['schemas']['Limits'];
      /** @description What the revision is held to after it has taken over from another one. */
      health: components['schemas']['HealthLimits'];
    };
    Revision: {
      /** @description Counts from 1 for each job. */
      number: number;
      /** @description Digest of the bundle. */
      bundleDigest: string;
      /** @description The configuration, defaults filled in. */
      config: components['schemas']['JobConfig'];
      /** @description What was said about the state that it takes over: renames, drops and resets. */
      upgrade: {
        [key: string]: unknown;
      };
      /**
       * Format: date-time
       * @description When it was submitted.
       */
      createdAt: string;
    };
    RevisionPage: {
      /** @description The items, in the order of the list. */
      items: components['schemas']['Revision'][];
      /** @description What to send as `after` for the next page; null on the last one. */
      next: string | null;
    };
    Run: {
      /** @description Id of the run. */
      id: string;
      /** @description The revision that it runs. */
      revision: number;
      /**
       * @description What became of it.
       * @enum {string}
       */
      status: 'queued' | 'claimed' | 'ended' | 'lost' | 'superseded';
      /** @description The runner that claimed it. */
      runnerId: string | null;
      /** @description The job's epoch while this run owned it; null until claimed. */
      epoch: number | null;
      /**
       * Format: date-time
       * @description When it was scheduled.
       */
      createdAt: string;
      /**
       * Format: date-time
       * @description When a runner claimed it.
       */
      claimedAt: string | null;
      /**
       * Format: date-time
       * @description When it ended.
       */
      endedAt: string | null;
      /** @description Why it ended. */
      endReason: string | null;
    };
    RunPage: {
      /** @description The items, in the order of the list. */
      items: components['schemas']['Run'][];
      /** @description What to send as `after` for the next page; null on the last one. */
      next: string | null;
    };
    BatchCommit: {
      /**
       * Format: date-time
       * @description When the batch was committed.
       */
      committedAt: string;
      /** @description The epoch that committed it. */
      epoch: number | null;
      /** @description The offsets after this batch, by source uid and partition. */
      nextOffsets: {
        [key: string]: {
          [key: string]: number;
        };
      };
      /** @description Records read. */
      recordsIn: number;
      /** @description Rows handed to sinks. */
      recordsOut: number;
      /** @description Unreadable records passed over under the poison policy `skip`. */
      recordsSkipped: number;
      /** @description Records set aside under the poison policy `dead_letter`. */
      recordsDeadLettered: number;
      /** @description Milliseconds from the plan being durable to the sinks having the output. */
      processingMs: number;
      /** @description Milliseconds after its batch time at which the batch was planned. */
      schedulingDelayMs: number;
    };
    Batch: {
      /** @description The timeline that the batch is on. */
      timeline: number;
      /** @description Counts from 1 on every timeline. */
      batchId: number;
      /**
       * Format: date-time
       * @description The only time that the batch sees.
       */
      batchTime: string;
      /** @description What the batch reads: half-open ranges `{ from, to }` by source uid and partition. */
      ranges: {
        [key: string]: {
          [key: string]: {
            from: number;
            to: number;
          };
        };
      };
      /** @description What it passes over, by the downtime policy `skip`; each range lies directly before one of `ranges`. */
      skipped: {
        [key: string]: {
          [key: string]: {
            from: number;
            to: number;
          };
        };
      };
      /**
       * Format: date-time
       * @description When the plan became durable.
       */
      plannedAt: string;
      /** @description The epoch that planned it. */
      plannedByEpoch: number;
      /** @description The runner of the last attempt known. */
      runnerId: string | null;
      /** @description The proof that the batch is finished; null while it is open. */
      commit: components['schemas']['BatchCommit'] | null;
    };
    BatchPage: {
      /** @description The items, in the order of the list. */
      items: components['schemas']['Batch'][];
      /** @description What to send as `after` for the next page; null on the last one. */
      next: string | null;
    };
    OperatorVerdict: {
      /** @description The operator. */
      uid: string;
      /**
       * @description What becomes of its state. `as_is`: taken over; `evolve`: read as the new schema has it; `migrate`: by the steps of the bundle; `renamed`: taken over under another uid; `new`: starts empty; `dropped`: the operator is gone; `reset`: starts empty by policy or word; `refused`: cannot be taken over.
       * @enum {string}
       */
      verdict: 'as_is' | 'evolve' | 'migrate' | 'renamed' | 'new' | 'dropped' | 'reset' | 'refused';
      /** @description The uid that its state has now, where that is another one. */
      from: string | null;
      /** @description Why it is refused, reset or dropped. */
      reason: string | null;
      /** @description What changed of the form of its state. */
      changes: string[];
      /** @description Versions from which the bundle leads on. */
      steps: number[];
    };
    CheckpointFit: {
      /** @description The revision that it is held against. */
      revision: number;
      /**
       * @description `fits`: a start of the revision could take it; `does_not_fit`: not under its policy, or nothing of it would be kept; `not_restorable`: it is not complete; `not_compared`: what comparisons may cost was used up by those before it.
       * @enum {string}
       */
      outcome: 'fits' | 'does_not_fit' | 'not_restorable' | 'not_compared';
      /** @description Why it would not be taken, one sentence each. */
      reasons: string[];
      /** @description The verdict on each operator with state. */
      operators: components['schemas']['OperatorVerdict'][];
    };
    Checkpoint: {
      /** @description Id of the checkpoint. */
      id: string;
      /** @description The timeline that it is on. */
      timeline: number;
      /** @description State, offsets and batch time are as of the end of this batch. */
      batchId: number;
      /**
       * Format: date-time
       * @description Time of that batch.
       */
      batchTime: string;
      /** @description The epoch that wrote it. */
      epoch: number;
      /** @description The revision that wrote it. */
      revision: number;
      /** @description Digest of the bundle that wrote it. */
      bundleDigest: string;
      /**
       * @description Only a `complete` one is ever restored.
       * @enum {string}
       */
      status: 'pending' | 'complete' | 'corrupt' | 'deleted';
      /**
       * @description A `savepoint` is one that somebody asked for.
       * @enum {string}
       */
      kind: 'checkpoint' | 'savepoint';
      /** @description The next position to read, by source uid and partition. */
      offsets: {
        [key: string]: {
          [key: string]: number;
        };
      };
      /** @description What gives the state its meaning, by operator uid. */
      shapes: {
        [key: string]: unknown;
      };
      /** @description Rows that a restore reads, over all operators: a key counts in each file that has it, of this checkpoint or one that it builds on. */
      stateRows: number;
      /** @description Stored bytes that a restore reads, files of the checkpoints that it builds on among them. */
      stateBytes: number;
      /** @description Stored bytes of its own files: what keeping it adds. Sums over checkpoints count shared files once. */
      ownBytes: number;
      /**
       * Format: date-time
       * @description When it was begun.
       */
      createdAt: string;
      /**
       * Format: date-time
       * @description When it was complete.
       */
      completedAt: string | null;
      /**
       * Format: date-time
       * @description When every byte of it was last read back and found to be as it was written.
       */
      verifiedAt: string | null;
      /** @description What it is worth to the revision that the request names; null where it names none. */
      fits: components['schemas']['CheckpointFit'] | null;
    };
    CheckpointPage: {
      /** @description The items, in the order of the list. */
      items: components['schemas']['Checkpoint'][];
      /** @description What to send as `after` for the next page; null on the last one. */
      next: string | null;
    };
    StartPoint: {
      /**
       * @description From what the run starts.
       * @enum {string}
       */
      kind: 'beginning' | 'checkpoint' | 'replay_from_beginning' | 'offsets_only';
      /**
       * @description Where the offsets come from: the source has none yet, those of the checkpoint, those with which the timeline begins, those of the last commit, or those that the sources have found.
       * @enum {string}
       */
      offsetsFrom: 'beginning' | 'checkpoint' | 'timeline' | 'last_commit' | 'sources';
      /** @description The checkpoint, where it is one. */
      checkpointId: string | null;
      /** @description The offsets, where only they are taken. */
      offsets: {
        [key: string]: {
          [key: string]: number;
        };
      } | null;
    };
    RestoreCandidate: {
      /** @description The checkpoint looked at. */
      checkpointId: string;
      /** @description Its timeline. */
      timeline: number;
      /** @description Its batch. */
      batchId: number;
      /**
       * @description What was found.
       * @enum {string}
       */
      verdict: 'chosen' | 'unreadable' | 'does_not_fit' | 'not_needed';
      /** @description The verdict of each operator with state: `uid`, `verdict` and, where refused, `reason`. */
      operators: {
        [key: string]: unknown;
      };
    };
    RestoreDecision: {
      /** @description The checkpoints looked at, newest first. */
      candidates: components['schemas']['RestoreCandidate'][];
      /**
       * @description What was decided.
       * @enum {string}
       */
      outcome: 'start' | 'ask' | 'fail';
      /**
       * @description Why, as a stable code.
       * @enum {string}
       */
      reasonCode:
        | 'NOTHING_COMMITTED'
        | 'NEWEST_CHECKPOINT'
        | 'OLDER_CHECKPOINT'
        | 'NO_CHECKPOINT_YET'
        | 'OPERATORS_RESET'
        | 'STATE_DOES_NOT_FIT'
        | 'NO_READABLE_CHECKPOINT'
        | 'OFFSETS_PRESERVED'
        | 'TIMELINE_BASE'
        | 'ASKED_CHECKPOINT'
        | 'ASKED_OFFSETS_ONLY'
        | 'ASKED_EARLIEST'
        | 'ASKED_LATEST'
        | 'ASKED_TIMESTAMP';
      /** @description Why, as a sentence. */
      reason: string;
      /** @description From what the run starts; null where it does not. */
      from: components['schemas']['StartPoint'] | null;
      /** @description Id of the decision. */
      id: string;
      /** @description The run that it was made for. */
      runId: string;
      /**
       * @description Why a run starts at all.
       * @enum {string}
       */
      trigger: 'first_start' | 'crash' | 'retry' | 'redeploy' | 'resume' | 'rollback' | 'fork';
      /**
       * @description The policy of the revision.
       * @enum {string}
       */
      policy: 'ask' | 'fail' | 'reset_keep_offsets';
      /** @description Who caused the start. */
      actor: string;
      /**
       * Format: date-time
       * @description When it was decided.
       */
      decidedAt: string;
    };
    RestoreDecisionPage: {
      /** @description The items, in the order of the list. */
      items: components['schemas']['RestoreDecision'][];
      /** @description What to send as `after` for the next page; null on the last one. */
      next: string | null;
    };
    StateRow: {
      /** @description Key slot, 0 to 127. */
      slot: number;
      /** @description The key; null for what the operator keeps for itself. */
      key: string | number | boolean | null;
      /** @description The table: one operator may have several, for example one for each window. */
      table: string;
      /** @description The value as the job sees it. */
      value:
        | string
        | number
        | boolean
        | null
        | {
            [key: string]: unknown;
          }
        | unknown[];
      /** @description Columns that the operator keeps for its own use, whose names begin with `@`. */
      internal: {
        [key: string]: unknown;
      };
    };
    StatePage: {
      /** @description The items, in the order of the list. */
      items: components['schemas']['StateRow'][];
      /** @description What to send as `after` for the next page; null on the last one. */
      next: string | null;
    };
    OperatorDifference: {
      /** @description Uid of the operator. */
      uid: string;
      /** @description Its kind in the first checkpoint; null where that has no such operator. */
      kindBefore: string | null;
      /** @description Its kind in the second checkpoint; null where that has no such operator. */
      kindAfter: string | null;
      /** @description Keys that only the second has, counted in every table. */
      added: number;
      /** @description Keys that only the first has. */
      removed: number;
      /** @description Keys of both with another value, or other columns of its own. */
      changed: number;
    };
    CheckpointDiff: {
      /** @description Every operator that has state in one of the two, by uid. */
      operators: components['schemas']['OperatorDifference'][];
    };
    StateSide: {
      /** @description The value as the job sees it. */
      value:
        | string
        | number
        | boolean
        | null
        | {
            [key: string]: unknown;
          }
        | unknown[];
      /** @description Columns that the operator keeps for its own use. */
      internal: {
        [key: string]: unknown;
      };
    };
    StateDifference: {
      /** @description Key slot, 0 to 127. */
      slot: number;
      /** @description The key; null for what the operator keeps for itself. */
      key: string | number | boolean | null;
      /** @description The table. */
      table: string;
      /**
       * @description What became of it, from the first checkpoint to the second.
       * @enum {string}
       */
      change: 'added' | 'removed' | 'changed';
      /** @description In the first checkpoint; null where it was added. */
      before: components['schemas']['StateSide'] | null;
      /** @description In the second checkpoint; null where it was removed. */
      after: components['schemas']['StateSide'] | null;
    };
    StateDifferencePage: {
      /** @description The items, in the order of the list. */
      items: components['schemas']['StateDifference'][];
      /** @description What to send as `after` for the next page; null on the last one. */
      next: string | null;
    };
    BundleCode: {
      /** @description SHA-256 of the bundle's JavaScript, hex. */
      digest: string;
      /** @description The JavaScript. */
      code: string;
      /** @description Its source map; null where none was uploaded. */
      sourceMap: string | null;
    };
    CheckpointObject: {
      /** @description Its name, which the manifest and other files refer to. */
      path: string;
      /** @description Its length. */
      bytes: number;
      /** @description SHA-256 of its bytes, hex: what it is fetched by, and checked against. */
      sha256: string;
    };
    CheckpointObjects: {
      /** @description Folder of the checkpoint: what the names of its own objects begin with. */
      path: string;
      /** @description SHA-256 of the manifest. */
      manifestSha256: string;
      /** @description The manifest, then the files of the state. */
      objects: components['schemas']['CheckpointObject'][];
    };
    InputChunk: {
      /** @description The partition. */
      partition: string;
      /** @description Where it begins. */
      from: number;
      /** @description Where it ends; this is not read any more. */
      to: number;
      /**
       * @description What these count.
       * @enum {string}
       */
      offsetUnit: 'bytes' | 'records';
      /** @description The bytes as the source has them, whole lines, in base64. */
      bytes: string;
    };
    SourceInput: {
      /** @description Uid of the source. */
      source: string;
      /** @description What was read of it, in the order in which the batch has seen it. */
      chunks: components['schemas']['InputChunk'][];
    };
    BatchInput: {
      /** @description The timeline that the batch is on. */
      timeline: number;
      /** @description The batch. */
      batchId: number;
      /**
       * Format: date-time
       * @description The only time that the batch saw.
       */
      batchTime: string;
      /** @description The revision that ran it. */
      revision: number;
      /** @description What it has read, by source. */
      sources: components['schemas']['SourceInput'][];
    };
    JobEvent: {
      /** @description Grows with every event; the id of the server-sent event and the `after` of the next page. */
      seq: string;
      /**
       * Format: date-time
       * @description When it happened.
       */
      at: string;
      /** @description What happened, for example `run.claimed`. */
      type: string;
      /** @description The particulars. */
      data: {
        [key: string]: unknown;
      };
    };
    JobEventPage: {
      /** @description The items, in the order of the list. */
      items: components['schemas']['JobEvent'][];
      /** @description What to send as `after` for the next page; null on the last one. */
      next: string | null;
    };
    StartOrder: {
      /**
       * @description From what the job begins, for this start alone: `latest-checkpoint` (otherwise), `checkpoint` (state, offsets and batch of `checkpointId`), `offsets-only` (empty state, offsets of the last commit), or with empty state `earliest`, `latest` or `timestamp`, for which each source finds the offsets itself. All but the first open a new timeline and need a job at rest.
       * @enum {string}
       */
      from?: 'latest-checkpoint' | 'checkpoint' | 'offsets-only' | 'earliest' | 'latest' | 'timestamp';
      /** @description The checkpoint, for `"from": "checkpoint"`. */
      checkpointId?: string;
      /** @description The ISO 8601 time, for `"from": "timestamp"`. */
      timestamp?: string;
    };
    UpgradePlanOrder: {
      /** @description A bundle uploaded before, by its digest, or a new one. */
      bundle: components['schemas']['BundleReference'] | components['schemas']['BundleUpload'];
      /** @description Configuration of the revision; what it leaves out stays as it was. */
      config?: components['schemas']['JobConfigOrder'];
      /** @description What is said about the state. */
      upgrade?: components['schemas']['UpgradeOptions'];
      /** @description Also converts the state of the newest checkpoint with the new code, and throws it away: a sample of each operator, or `all` of it. What took longer than a minute is cut short, and `tried` says how far it came. */
      deep?: boolean | 'all';
    };
    TriedState: {
      /** @description Rows that were converted, and thrown away. */
      rows: number;
      /** @description Rows of all operators whose state changes its form, in that checkpoint: a key that was written again counts again. */
      ofRows: number;
      /** @description Whether time was up before as much was tried as was asked for. */
      isCutShort: boolean;
    };
    SourceVerdict: {
      /** @description The source. */
      uid: string;
      /**
       * @description What becomes of its place.
       * @enum {string}
       */
      offsets: 'kept' | 'new' | 'dropped' | 'refused';
      /** @description Why, where it is not kept. */
      reason: string | null;
    };
    SinkVerdict: {
      /** @description The sink. */
      uid: string;
      /**
       * @description Whether it is another one.
       * @enum {string}
       */
      change: 'same' | 'changed' | 'new' | 'dropped';
    };
    UpgradeState: {
      /** @description Rows of the state that is taken over, as of the newest checkpoint. */
      rows: number;
      /** @description Its stored bytes. */
      bytes: number;
      /** @description Whether rows are converted on the way. */
      convertsState: boolean;
    };
    UpgradePlan: {
      /** @description Id of the plan: a deployment may name it. */
      id: string;
      /** @description The revision that it was made against. */
      revision: number;
      /** @description The newest checkpoint at that moment. */
      checkpointId: string | null;
      /** @description The bundle that would be deployed. */
      bundleDigest: string;
      /** @description What was said about the state. */
      upgrade: components['schemas']['UpgradeOptions'];
      /**
       * @description `proceed`: nothing stands in the way; `ask`: it would wait for a decision while the old revision goes on; `refuse`: it would be refused.
       * @enum {string}
       */
      outcome: 'proceed' | 'ask' | 'refuse';
      /** @description What stands in the way, one sentence each. */
      objections: string[];
      /** @description The verdict on each operator with state. */
      operators: components['schemas']['OperatorVerdict'][];
      /** @description Uids whose code does something else. */
      logicChanged: string[];
      /** @description Uids whose code could not be compared. */
      logicUnknown: string[];
      /** @description What becomes of the place in each source. */
      sources: components['schemas']['SourceVerdict'][];
      /** @description The sinks. */
      sinks: components['schemas']['SinkVerdict'][];
      /** @description What is taken over. */
      state: components['schemas']['UpgradeState'];
      /** @description How much of the real state was converted; null where the plan is not deep, or there is no checkpoint. */
      tried: components['schemas']['TriedState'] | null;
      /** @description About how long no batch is committed, in milliseconds. */
      estimatedGapMs: number;
      /** @description What else to know, one sentence each. */
      warnings: string[];
      /**
       * Format: date-time
       * @description When it was made.
       */
      createdAt: string;
    };
    UpgradePlanPage: {
      /** @description The items, in the order of the list. */
      items: components['schemas']['UpgradePlan'][];
      /** @description What to send as `after` for the next page; null on the last one. */
      next: string | null;
    };
    UpgradeDecision: {
      /**
       * @description `reset`: state that does not fit starts empty, sources go on; `abandon`: the revision is given up.
       * @enum {string}
       */
      answer: 'reset' | 'abandon';
    };
    SavepointOrder: {
      /** @description What it is for, for people. */
      label: string;
    };
    Savepoint: {
      /** @description Id of the savepoint. */
      id: string;
      /** @description What it is for. */
      label: string;
      /**
       * @description `requested` until a run has written it.
       * @enum {string}
       */
      status: 'requested' | 'complete';
      /** @description The checkpoint that it keeps; null until it is complete. */
      checkpointId: string | null;
      /** @description Id of the key that asked for it. */
      actor: string;
      /**
       * Format: date-time
       * @description When it was asked for.
       */
      requestedAt: string;
      /**
       * Format: date-time
       * @description When it was complete.
       */
      completedAt: string | null;
    };
    SavepointPage: {
      /** @description The items, in the order of the list. */
      items: components['schemas']['Savepoint'][];
      /** @description What to send as `after` for the next page; null on the last one. */
      next: string | null;
    };
    JobPoint: {
      /** @description The revision. */
      revision: number;
      /** @description The timeline. */
      timeline: number;
      /** @description The last batch. */
      batchId: number;
    };
    VerdictAnswer: {
      /** @description The checkpoints looked at, newest first. */
      candidates: components['schemas']['RestoreCandidate'][];
      /**
       * @description What was decided.
       * @enum {string}
       */
      outcome: 'start' | 'ask' | 'fail';
      /**
       * @description Why, as a stable code.
       * @enum {string}
       */
      reasonCode:
        | 'NOTHING_COMMITTED'
        | 'NEWEST_CHECKPOINT'
        | 'OLDER_CHECKPOINT'
        | 'NO_CHECKPOINT_YET'
        | 'OPERATORS_RESET'
        | 'STATE_DOES_NOT_FIT'
        | 'NO_READABLE_CHECKPOINT'
        | 'OFFSETS_PRESERVED'
        | 'TIMELINE_BASE'
        | 'ASKED_CHECKPOINT'
        | 'ASKED_OFFSETS_ONLY'
        | 'ASKED_EARLIEST'
        | 'ASKED_LATEST'
        | 'ASKED_TIMESTAMP';
      /** @description Why, as a sentence. */
      reason: string;
      /** @description From what the run starts; null where it does not. */
      from: components['schemas']['StartPoint'] | null;
    };
    OffsetChange: {
      /** @description Uid of the source. */
      source: string;
      /** @description Name of the partition. */
      partition: string;
      /** @description The offset until now; null where none was read yet. */
      before: number | null;
      /** @description The offset from now on; null where it is forgotten. */
      after: number | null;
      /**
       * @description What offsets count; null where the source cannot be looked at.
       * @enum {string|null}
       */
      unit: 'bytes' | 'records' | null;
      /** @description Records that were read and are read again; null where that is not known. */
      recordsAgain: number | null;
      /** @description Records that are never read; null where that is not known. */
      recordsSkipped: number | null;
    };
    SourceProblem: {
      /** @description Uid of the source. */
      source: string;
      /** @description Code of the error, from the error catalogue. */
      code: string;
      /** @description One sentence. */
      message: string;
    };
    SinkAfterRollback: {
      /** @description Uid of the sink. */
      sink: string;
      /** @description Its connector. */
      connector: string;
      /**
       * @description What a reader sees of batches that are taken back. `converges`: the same keys are written again. `truncated`: the sink says where they end. `repeats`: they stay, and come again.
       * @enum {string}
       */
      after: 'converges' | 'truncated' | 'repeats';
    };
    RollbackPreview: {
      /** @description The checkpoint. */
      checkpointId: string;
      /** @description Where the job stands now. */
      from: components['schemas']['JobPoint'];
      /** @description Where it would go back to. */
      to: components['schemas']['JobPoint'];
      /** @description What the start would be decided to be. */
      start: components['schemas']['VerdictAnswer'];
      /** @description Batches committed since, which are taken back; null where the log does not tell. */
      batchesTakenBack: number | null;
      /** @description Records of those batches, which are read again; null where the log does not tell. */
      recordsAgain: number | null;
      /** @description Every partition whose offset changes. */
      changes: components['schemas']['OffsetChange'][];
      /** @description What sources would find wrong with those offsets: what they no longer hold, for example. */
      problems: components['schemas']['SourceProblem'][];
      /** @description What becomes of what was written since. */
      sinks: components['schemas']['SinkAfterRollback'][];
    };
    RollbackOrder: {
      /** @description Id of a checkpoint of the job. */
      checkpointId?: string;
      /** @description Id of a savepoint of the job, instead. */
      savepointId?: string;
      /** @description Why, for people. */
      reason?: string;
    };
    Rollback: {
      /** @description Id of the rollback. */
      id: string;
      /** @description The checkpoint that the job goes back to. */
      checkpointId: string;
      /** @description Where the job stood when it was ordered. Batches that its run has finished since are left behind as well. */
      from: components['schemas']['JobPoint'];
      /** @description What the checkpoint is of. */
      to: components['schemas']['JobPoint'];
      /** @description The rollback that this one takes back. */
      undoes: string | null;
      /** @description Why it was ordered. */
      reason: string | null;
      /**
       * @description `ordered`: the next start begins there. `begun`: the job is on its new timeline. `held`: the checkpoint could not be taken, and the restore decision says why. `superseded`: something else was ordered before it began.
       * @enum {string}
       */
      status: 'ordered' | 'begun' | 'held' | 'superseded';
      /** @description The timeline that it has opened. */
      timeline: number | null;
      /** @description Id of the key that ordered it. */
      actor: string;
      /**
       * Format: date-time
       * @description When it was ordered.
       */
      orderedAt: string;
      /**
       * Format: date-time
       * @description When its status came to be what it is.
       */
      decidedAt: string | null;
    };
    UndoOrder: {
      /** @description Why, for people. */
      reason?: string;
    };
    RollbackPage: {
      /** @description The items, in the order of the list. */
      items: components['schemas']['Rollback'][];
      /** @description What to send as `after` for the next page; null on the last one. */
      next: string | null;
    };
    ForkOrder: {
      /** @description Id of a checkpoint of the job. */
      checkpointId?: string;
      /** @description Id of a savepoint of the job, instead. */
      savepointId?: string;
      /** @description Name of the new job, unique for the tenant. */
      name: string;
      /** @description A bundle uploaded before, by its digest, or a new one. */
      bundle?: components['schemas']['BundleReference'] | components['schemas']['BundleUpload'];
      /** @description Configuration of the new job; what it leaves out is as in the checkpoint's revision. */
      config?: components['schemas']['JobConfigOrder'];
      /** @description What is said about the state. */
      upgrade?: components['schemas']['UpgradeOptions'];
    };
    RedrivenBy: {
      /** @description The timeline of the batch. */
      timeline: number;
      /** @description The batch. */
      batchId: number;
    };
    DeadLetter: {
      /** @description Id of the dead letter. */
      id: string;
      /** @description Uid of the source that the record came from. */
      source: string;
      /** @description Its partition. */
      partition: string;
      /** @description Its offset there. */
      offset: number;
      /** @description The timeline of the batch that set it aside first. */
      timeline: number;
      /** @description That batch. */
      batchId: number;
      /** @description Why, as a code of the error catalogue: `record_unreadable`, or `job_code_threw` where the code threw. */
      code: string;
      /** @description What is wrong with it, in words. */
      reason: string;
      /** @description Bytes of the record. */
      bytesTotal: number;
      /** @description Whether only its first bytes are kept. Such a record cannot be re-driven. */
      cut: boolean;
      /**
       * @description `waiting`: nothing was done about it. `redriving`: one of the next batches reads it again. `redriven`: a batch has. `discarded`: nothing is to be done about it. `left_behind`: the job was taken back to before the batch that set it aside.
       * @enum {string}
       */
      status: 'waiting' | 'redriving' | 'redriven' | 'discarded' | 'left_behind';
      /** @description How often it was re-driven and set aside again. */
      returns: number;
      /** @description The batch that has read it again. */
      redrivenBy: components['schemas']['RedrivenBy'] | null;
      /**
       * Format: date-time
       * @description When it was set aside first.
       */
      createdAt: string;
      /**
       * Format: date-time
       * @description When it was re-driven or discarded.
       */
      settledAt: string | null;
    };
    DeadLetterPage: {
      /** @description The items, in the order of the list. */
      items: components['schemas']['DeadLetter'][];
      /** @description What to send as `after` for the next page; null on the last one. */
      next: string | null;
    };
    DeadLetterRecord: {
      /** @description Id of the dead letter. */
      id: string;
      /** @description Uid of the source that the record came from. */
      source: string;
      /** @description Its partition. */
      partition: string;
      /** @description Its offset there. */
      offset: number;
      /** @description The timeline of the batch that set it aside first. */
      timeline: number;
      /** @description That batch. */
      batchId: number;
      /** @description Why, as a code of the error catalogue: `record_unreadable`, or `job_code_threw` where the code threw. */
      code: string;
      /** @description What is wrong with it, in words. */
      reason: string;
      /** @description Bytes of the record. */
      bytesTotal: number;
      /** @description Whether only its first bytes are kept. Such a record cannot be re-driven. */
      cut: boolean;
      /**
       * @description `waiting`: nothing was done about it. `redriving`: one of the next batches reads it again. `redriven`: a batch has. `discarded`: nothing is to be done about it. `left_behind`: the job was taken back to before the batch that set it aside.
       * @enum {string}
       */
      status: 'waiting' | 'redriving' | 'redriven' | 'discarded' | 'left_behind';
      /** @description How often it was re-driven and set aside again. */
      returns: number;
      /** @description The batch that has read it again. */
      redrivenBy: components['schemas']['RedrivenBy'] | null;
      /**
       * Format: date-time
       * @description When it was set aside first.
       */
      createdAt: string;
      /**
       * Format: date-time
       * @description When it was re-driven or discarded.
       */
      settledAt: string | null;
      /** @description The bytes of the record that are kept, in Base64. */
      bytes: string;
    };
    DeadLetterFilter: {
      /** @description Only those of the source of this uid. */
      source?: string;
      /** @description Only those that were set aside for this error, by its code. */
      code?: string;
    };
    DeadLetterOrder: {
      /** @description The letters, by id. */
      letters?: string[];
      /** @description Every letter that waits and fits this, instead; all that wait if it is empty. */
      all?: components['schemas']['DeadLetterFilter'];
    };
    DeadLettersPassedOver: {
      /** @description Re-driven, being re-driven, or discarded already. */
      settled: number;
      /** @description Left behind by a rollback. */
      leftBehind: number;
      /** @description Kept in part only. */
      cut: number;
      /** @description Of a source that the job has no more. */
      sourceGone: number;
    };
    DeadLettersOrdered: {
      /** @description How many letters the order took. */
      letters: number;
      /** @description How many of those that it names it did not take, and why. */
      passedOver: components['schemas']['DeadLettersPassedOver'];
    };
    OffsetProblem: {
      /** @description Code of the error, from the error catalogue. */
      code: string;
      /** @description One sentence. */
      message: string;
    };
    PartitionOffsets: {
      /** @description Name of the partition: for `files`, of the file. */
      partition: string;
      /** @description The next position to read; null where none was read yet. */
      committed: number | null;
      /** @description The batch that read from it last, as far as the log goes back. */
      sinceBatchId: number | null;
      /** @description The first position that can be read now; null where the source does not tell. */
      earliest: number | null;
      /** @description The position after the last record that is there; null where the source does not tell. */
      latest: number | null;
      /** @description How much waits, in the source's unit; null where that is not known. */
      lag: number | null;
    };
    SourceOffsets: {
      /** @description Uid of the source. */
      source: string;
      /**
       * @description What offsets count; null where the source does not tell.
       * @enum {string|null}
       */
      unit: 'bytes' | 'records' | null;
      /** @description What the next batch would find wrong, or why the source cannot be looked at. */
      problem: components['schemas']['OffsetProblem'] | null;
      /** @description By name. */
      partitions: components['schemas']['PartitionOffsets'][];
    };
    Offsets: {
      /** @description The timeline. */
      timeline: number;
      /** @description The offsets are as of the end of this batch; 0 before the first. */
      batchId: number;
      /** @description Every source of the job. */
      sources: components['schemas']['SourceOffsets'][];
    };
    OffsetOrder: {
      /** @description Uid of the source. */
      source: string;
      /** @description Name of the partition: for `files`, of the file. */
      partition: string;
      /** @description The next position to read, in what the source counts. */
      offset: number;
    };
    OffsetsOrder: {
      /** @description Where to go on, each partition once. What is not named stays as it is. */
      offsets: components['schemas']['OffsetOrder'][];
      /**
       * @description What becomes of the state: `keep` (otherwise), for which there must be a complete checkpoint of the last committed batch, as a clean stop leaves one; or `empty`.
       * @enum {string}
       */
      state?: 'keep' | 'empty';
      /** @description Answers what would change, and changes nothing. */
      dryRun?: boolean;
    };
    OffsetEdit: {
      /** @description Whether nothing was changed because only the answer was asked for. */
      dryRun: boolean;
      /** @description The timeline that begins with these offsets; the job's own where nothing changes. */
      timeline: number;
      /** @description The checkpoint whose state is kept; null where the timeline begins with none. */
      checkpointId: string | null;
      /** @description Every partition whose offset changes. */
      changes: components['schemas']['OffsetChange'][];
      /** @description Batches that were planned and never committed. Sinks may hold rows of theirs, and may get them again. */
      abandonedBatchIds: number[];
    };
    NextStart: {
      /** @description The checkpoints looked at, newest first. */
      candidates: components['schemas']['RestoreCandidate'][];
      /**
       * @description What was decided.
       * @enum {string}
       */
      outcome: 'start' | 'ask' | 'fail';
      /**
       * @description Why, as a stable code.
       * @enum {string}
       */
      reasonCode:
        | 'NOTHING_COMMITTED'
        | 'NEWEST_CHECKPOINT'
        | 'OLDER_CHECKPOINT'
        | 'NO_CHECKPOINT_YET'
        | 'OPERATORS_RESET'
        | 'STATE_DOES_NOT_FIT'
        | 'NO_READABLE_CHECKPOINT'
        | 'OFFSETS_PRESERVED'
        | 'TIMELINE_BASE'
        | 'ASKED_CHECKPOINT'
        | 'ASKED_OFFSETS_ONLY'
        | 'ASKED_EARLIEST'
        | 'ASKED_LATEST'
        | 'ASKED_TIMESTAMP';
      /** @description Why, as a sentence. */
      reason: string;
      /** @description From what the run starts; null where it does not. */
      from: components['schemas']['StartPoint'] | null;
      /** @description The revision that would start. */
      revision: number;
      /**
       * @description Why a run would start.
       * @enum {string}
       */
      trigger: 'first_start' | 'crash' | 'retry' | 'redeploy' | 'resume' | 'rollback' | 'fork';
      /**
       * @description The policy of the revision.
       * @enum {string}
       */
      policy: 'ask' | 'fail' | 'reset_keep_offsets';
    };
    Runner: {
      /** @description Id of the runner; a process that is started again has a new one. */
      id: string;
      /**
       * @description Whether it holds its lease.
       * @enum {string}
       */
      status: 'alive' | 'lost' | 'stopped';
      /** @description Jobs that it takes at the same time. */
      slots: number;
      /** @description Jobs that it owns now. */
      runs: number;
      /**
       * Format: date-time
       * @description When it started.
       */
      startedAt: string;
      /**
       * Format: date-time
       * @description When it was heard of last.
       */
      heartbeatAt: string;
      /** @description Its host; only for an admin key. */
      host: string | null;
      /** @description Its process id; only for an admin key. */
      pid: number | null;
      /** @description What its sandbox found in its self-test; only for an admin key. */
      sandbox: {
        [key: string]: unknown;
      } | null;
    };
    RunnerPage: {
      /** @description The items, in the order of the list. */
      items: components['schemas']['Runner'][];
      /** @description What to send as `after` for the next page; null on the last one. */
      next: string | null;
    };
    TenantOrder: {
      /** @description Name of the tenant; also of its folder under the runners' files root. */
      name: string;
    };
    Tenant: {
      /** @description Id of the tenant. */
      id: string;
      /** @description Its name. */
      name: string;
      /**
       * Format: date-time
       * @description When it was created.
       */
      createdAt: string;
    };
    TenantPage: {
      /** @description The items, in the order of the list. */
      items: components['schemas']['Tenant'][];
      /** @description What to send as `after` for the next page; null on the last one. */
      next: string | null;
    };
    ApiKeyOrder: {
      /** @description What the key is for. */
      label: string;
    };
    NewApiKey: {
      /** @description Id of the key. */
      id: string;
      /** @description The key itself. It is shown here and never again. */
      key: string;
      /** @description What the key is for. */
      label: string;
    };
    ApiKey: {
      /** @description Id of the key; its text is shown once, when it is made. */
      id: string;
      /**
       * @description Whether it is a key of a tenant or of an admin.
       * @enum {string}
       */
      role: 'admin' | 'tenant';
      /** @description What the key is for. */
      label: string;
      /**
       * Format: date-time
       * @description When it was made.
       */
      createdAt: string;
      /**
       * Format: date-time
       * @description When it was revoked; null while it works.
       */
      revokedAt: string | null;
    };
    ApiKeyPage: {
      /** @description The items, in the order of the list. */
      items: components['schemas']['ApiKey'][];
      /** @description What to send as `after` for the next page; null on the last one. */
      next: string | null;
    };
    RetentionLimits: {
      /** @description Complete checkpoints for each timeline. */
      checkpoints: number | null;
      /** @description Milliseconds since a checkpoint was complete. */
      ageMs: number | null;
      /** @description Stored bytes, files that several checkpoints share counted once. */
      bytes: number | null;
    };
    Retention: {
      /** @description What was set for the job. Null does not limit. */
      own: components['schemas']['RetentionLimits'];
      /** @description The most that the tenant lets its jobs keep; its bytes are those of all jobs together. */
      tenant: components['schemas']['RetentionLimits'];
      /** @description What is in effect. Where `checkpoints` is null, the default of the service counts. */
      effective: components['schemas']['RetentionLimits'];
    };
    RetentionOrder: {
      /** @description Complete checkpoints to keep for each timeline. Left out: no limit of its own. */
      checkpoints?: number;
      /** @description Milliseconds to keep a checkpoint for. Left out: no limit of its own. */
      ageMs?: number;
      /** @description Stored bytes to keep, files that several checkpoints share counted once: of the job, or of all jobs of the tenant together. Left out: no limit of its own. */
      bytes?: number;
    };
    QuotaPressure: {
      /** @description Stored bytes when it was last looked at. */
      bytes: number;
      /** @description The limit that they are over. */
      quotaBytes: number;
      /** @description How many times longer than configured running jobs wait between checkpoints. */
      stretch: number;
      /**
       * Format: date-time
       * @description Since when.
       */
      since: string;
    };
    JobUsage: {
      /** @description Id of the job. */
      jobId: string;
      /** @description Its name. */
      name: string;
      /** @description Stored bytes of its checkpoints, files that several share counted once. */
      bytes: number;
      /** @description Complete checkpoints, savepoints among them. */
      checkpoints: number;
      /** @description Savepoints among them. */
      savepoints: number;
      /** @description Those among them that were read back and found to be as they were written. */
      verified: number;
      /** @description Those among them that something holds on to. */
      pinned: number;
    };
    Usage: {
      /** @description Stored bytes of all checkpoints, files that several share counted once. */
      bytes: number;
      /** @description Complete checkpoints, savepoints among them. */
      checkpoints: number;
      /** @description Savepoints among them. */
      savepoints: number;
      /** @description Those among them that were read back and found to be as they were written. */
      verified: number;
      /** @description Those among them that something holds on to. */
      pinned: number;
      /** @description The limit on the bytes of all jobs together. */
      quotaBytes: number | null;
      /** @description There while the bytes are over the limit although nothing more may be removed. */
      pressure: components['schemas']['QuotaPressure'] | null;
      /** @description The jobs, those with most bytes first; at most 100. */
      jobs: components['schemas']['JobUsage'][];
    };
    AuditEvent: {
      /** @description Id of the entry. */
      id: string;
      /**
       * Format: date-time
       * @description When the request came.
       */
      at: string;
      /** @description Id of the tenant that it is about; null where there is none. */
      tenantId: string | null;
      /** @description Id of the key that it came with. */
      actor: string;
      /** @description What that key is for. */
      actorLabel: string;
      /**
       * @description Whether that is an admin's key, or one of the tenant.
       * @enum {string}
       */
      actorRole: 'admin' | 'tenant';
      /** @description Name of the operation, as in this document. */
      operation: string;
      /** @description HTTP method of the request. */
      method: string;
      /** @description Path of the request, without its query. */
      path: string;
      /** @description Id of the job that it is about; null where there is none. */
      jobId: string | null;
      /** @description Id of what was made or found, where the path does not name it. */
      resultId: string | null;
      /** @description Of the W3C trace that the request belongs to; null without one. */
      traceId: string | null;
      /** @description HTTP status of the answer; null while there is none, or where nobody knows any more. */
      status: number | null;
      /** @description Name of the error; null where there was none, or where that is not known. */
      errorCode: string | null;
      /**
       * Format: date-time
       * @description When it was answered; null as `status` is.
       */
      endedAt: string | null;
    };
    AuditEventPage: {
      /** @description The items, in the order of the list. */
      items: components['schemas']['AuditEvent'][];
      /** @description What to send as `after` for the next page; null on the last one. */
      next: string | null;
    };
    SandboxHealth: {
      /**
       * @description `required` refuses tenants' code unless nothing is missing.
       * @enum {string}
       */
      mode: 'required' | 'auto';
      /** @description Layers of the sandbox that are not in force on this machine. */
      missing: string[];
    };
    Health: {
      /**
       * @description `degraded`: it works, with less protection than it should.
       * @enum {string}
       */
      status: 'ok' | 'degraded' | 'unavailable';
      /**
       * @description Whether Postgres answers.
       * @enum {string}
       */
      database: 'ok' | 'unreachable';
      /** @description The sandbox in which bundles' definitions are run. */
      sandbox: components['schemas']['SandboxHealth'];
    };
    Live: {
      /**
       * @description The process answers.
       * @enum {string}
       */
      status: 'ok';
    };
  };
  responses: never;
  parameters: {
    /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
    TidemarkTenant: string;
  };
  requestBodies: never;
  headers: never;
  pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
  listBundles: {
    parameters: {
      query?: {
        /** @description The `next` of the page before; without it the first page. */
        after?: string;
        /** @description Items on the page at most. There may be fewer although `next` is not null: a page is bounded in bytes too. */
        limit?: number;
      };
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Lists bundles, newest first */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['BundlePage'];
        };
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  uploadBundle: {
    parameters: {
      query?: never;
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
        /** @description A text of your choice, new for each thing to create. A repeated request with it gets the first answer. */
        'Idempotency-Key'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['BundleUpload'];
      };
    };
    responses: {
      /** @description Uploads a bundle; the same code again is the same bundle */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Bundle'];
        };
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The state of the thing does not allow it. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The request body is too large. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The bundle's definition, or what was asked for, went over a bound. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many of these at once; retry later. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No space is left in the object store. */
      507: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getBundle: {
    parameters: {
      query?: never;
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
      };
      path: {
        digest: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Shows a bundle */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Bundle'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listJobs: {
    parameters: {
      query?: {
        /** @description The `next` of the page before; without it the first page. */
        after?: string;
        /** @description Items on the page at most. There may be fewer although `next` is not null: a page is bounded in bytes too. */
        limit?: number;
        /** @description Only jobs in this status. */
        status?:
          | 'submitted'
          | 'scheduled'
          | 'restoring'
          | 'running'
          | 'draining'
          | 'backing_off'
          | 'awaiting_decision'
          | 'stopped'
          | 'finished'
          | 'failed'
          | 'cancelled';
      };
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Lists jobs, newest first */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['JobPage'];
        };
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  submitJob: {
    parameters: {
      query?: never;
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
        /** @description A text of your choice, new for each thing to create. A repeated request with it gets the first answer. */
        'Idempotency-Key'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['JobOrder'];
      };
    };
    responses: {
      /** @description Submits a job */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Job'];
        };
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The state of the thing does not allow it. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The request body is too large. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The bundle's definition, or what was asked for, went over a bound. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many of these at once; retry later. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No space is left in the object store. */
      507: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listRevisions: {
    parameters: {
      query?: {
        /** @description The `next` of the page before; without it the first page. */
        after?: string;
        /** @description Items on the page at most. There may be fewer although `next` is not null: a page is bounded in bytes too. */
        limit?: number;
      };
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Lists the revisions of a job, newest first */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['RevisionPage'];
        };
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  deployRevision: {
    parameters: {
      query?: never;
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
        /** @description The ETag that the client saw; 412 if the job has changed since. */
        'If-Match'?: string;
        /** @description A text of your choice, new for each thing to create. A repeated request with it gets the first answer. */
        'Idempotency-Key'?: string;
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['RevisionOrder'];
      };
    };
    responses: {
      /** @description Gives a job its next revision */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Job'];
        };
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The state of the thing does not allow it. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The job has changed since the version in If-Match. */
      412: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The request body is too large. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The bundle's definition, or what was asked for, went over a bound. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many of these at once; retry later. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description No space is left in the object store. */
      507: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getJob: {
    parameters: {
      query?: never;
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Shows a job */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Job'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  deleteJob: {
    parameters: {
      query?: never;
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
        /** @description The ETag that the client saw; 412 if the job has changed since. */
        'If-Match'?: string;
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Deletes a job that no runner owns, with its history */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The state of the thing does not allow it. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The job has changed since the version in If-Match. */
      412: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listRuns: {
    parameters: {
      query?: {
        /** @description The `next` of the page before; without it the first page. */
        after?: string;
        /** @description Items on the page at most. There may be fewer although `next` is not null: a page is bounded in bytes too. */
        limit?: number;
      };
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Lists the runs of a job, newest first */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['RunPage'];
        };
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listBatches: {
    parameters: {
      query?: {
        /** @description The `next` of the page before; without it the first page. */
        after?: string;
        /** @description Items on the page at most. There may be fewer although `next` is not null: a page is bounded in bytes too. */
        limit?: number;
        /** @description The timeline to list; by default the job's current one. */
        timeline?: number;
      };
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Lists the batches of a timeline, newest first */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['BatchPage'];
        };
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listCheckpoints: {
    parameters: {
      query?: {
        /** @description The `next` of the page before; without it the first page. */
        after?: string;
        /** @description Items on the page at most. There may be fewer although `next` is not null: a page is bounded in bytes too. */
        limit?: number;
        /** @description Also says of each checkpoint what it is worth to this revision of the job. */
        revision?: number;
      };
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Lists the checkpoints of a job, newest first */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['CheckpointPage'];
        };
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listDecisions: {
    parameters: {
      query?: {
        /** @description The `next` of the page before; without it the first page. */
        after?: string;
        /** @description Items on the page at most. There may be fewer although `next` is not null: a page is bounded in bytes too. */
        limit?: number;
      };
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Lists the restore decisions of a job, newest first */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['RestoreDecisionPage'];
        };
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listState: {
    parameters: {
      query: {
        /** @description Uid of the operator. */
        operator: string;
        /** @description Only this table; operators with windows or timers have several. */
        table?: string;
        /** @description The `next` of the page before; without it the first page. Valid for every checkpoint. */
        after?: string;
        /** @description Items on the page at most. There may be fewer, or none, although `next` is not null: a page is bounded in bytes too. */
        limit?: number;
        /** @description Only this key: a string, a number or a boolean as JSON, or a text that stands for itself. `42` is the number and the text, `"42"` the text alone, and `null` what the operator keeps for itself. 404 if there is no state of it. */
        key?: string;
      };
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
      };
      path: {
        id: string;
        checkpointId: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Lists the state of an operator in a checkpoint, or of one key of it */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['StatePage'];
        };
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The state of the thing does not allow it. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many of these at once; retry later. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  diffCheckpoints: {
    parameters: {
      query?: never;
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
      };
      path: {
        id: string;
        checkpointId: string;
        otherId: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Counts the keys that differ between two checkpoints of a job */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['CheckpointDiff'];
        };
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The state of the thing does not allow it. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many of these at once; retry later. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listDifferences: {
    parameters: {
      query: {
        /** @description Uid of the operator. */
        operator: string;
        /** @description Only this table; operators with windows or timers have several. */
        table?: string;
        /** @description The `next` of the page before; without it the first page. Valid for every checkpoint. */
        after?: string;
        /** @description Items on the page at most. There may be fewer, or none, although `next` is not null: a page is bounded in bytes too. */
        limit?: number;
      };
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
      };
      path: {
        id: string;
        checkpointId: string;
        otherId: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Lists the keys of an operator that differ between two checkpoints */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['StateDifferencePage'];
        };
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The state of the thing does not allow it. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many of these at once; retry later. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getBundleCode: {
    parameters: {
      query?: never;
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
      };
      path: {
        digest: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Hands out the JavaScript of a bundle, and its source map */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['BundleCode'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many of these at once; retry later. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listCheckpointObjects: {
    parameters: {
      query?: never;
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
      };
      path: {
        id: string;
        checkpointId: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Lists the stored objects that a restore of a checkpoint reads */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['CheckpointObjects'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The state of the thing does not allow it. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many of these at once; retry later. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getCheckpointObject: {
    parameters: {
      query?: never;
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
      };
      path: {
        id: string;
        checkpointId: string;
        sha256: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /**
       * @description The bytes as they are stored; docs/formats says what they mean.
       *
       *     Hands out a stored object of a checkpoint
       */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/octet-stream': string;
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The state of the thing does not allow it. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many of these at once; retry later. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getBatchInput: {
    parameters: {
      query?: never;
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
      };
      path: {
        id: string;
        timeline: string;
        batchId: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Reads again what a committed batch has read, and hands it out */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['BatchInput'];
        };
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The state of the thing does not allow it. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The bundle's definition, or what was asked for, went over a bound. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many of these at once; retry later. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listEvents: {
    parameters: {
      query?: {
        /** @description The `next` of the page before; without it the first page. */
        after?: string;
        /** @description Items on the page at most. There may be fewer although `next` is not null: a page is bounded in bytes too. */
        limit?: number;
        /** @description Only events of this type, `revision.rolled_back` for example. Of a page, not of a stream. */
        type?: string;
      };
      header?: {
        /** @description The stream begins after the event with this id; without it, with what happens next. */
        'Last-Event-ID'?: string;
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /**
       * @description A page. With `Accept: text/event-stream` a stream that does not end: events carry their `seq` as id, and every batch that is committed meanwhile appears as `batch.committed`, without an id.
       *
       *     Lists the events after one, oldest first, or the newest; or streams them as they happen
       */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['JobEventPage'];
          'text/event-stream': string;
        };
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many of these at once; retry later. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  startJob: {
    parameters: {
      query?: never;
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
        /** @description The ETag that the client saw; 412 if the job has changed since. */
        'If-Match'?: string;
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['StartOrder'];
      };
    };
    responses: {
      /** @description Starts a job that is stopped, finished, failed or waiting for a decision */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Job'];
        };
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The state of the thing does not allow it. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The job has changed since the version in If-Match. */
      412: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many of these at once; retry later. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  stopJob: {
    parameters: {
      query?: never;
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
        /** @description The ETag that the client saw; 412 if the job has changed since. */
        'If-Match'?: string;
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Stops a job with a checkpoint, to be started again later */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Job'];
        };
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The state of the thing does not allow it. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The job has changed since the version in If-Match. */
      412: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  cancelJob: {
    parameters: {
      query?: never;
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
        /** @description The ETag that the client saw; 412 if the job has changed since. */
        'If-Match'?: string;
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Ends a job for good */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Job'];
        };
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The state of the thing does not allow it. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The job has changed since the version in If-Match. */
      412: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listUpgradePlans: {
    parameters: {
      query?: {
        /** @description The `next` of the page before; without it the first page. */
        after?: string;
        /** @description Items on the page at most. There may be fewer although `next` is not null: a page is bounded in bytes too. */
        limit?: number;
      };
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Lists the plans of a job, newest first */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['UpgradePlanPage'];
        };
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The state of the thing does not allow it. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  planUpgrade: {
    parameters: {
      query?: never;
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['UpgradePlanOrder'];
      };
    };
    responses: {
      /** @description Says what an upgrade would do, while the job goes on */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['UpgradePlan'];
        };
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The state of the thing does not allow it. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The request body is too large. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The bundle's definition, or what was asked for, went over a bound. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many of these at once; retry later. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getUpgradePlan: {
    parameters: {
      query?: never;
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
      };
      path: {
        id: string;
        planId: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Shows a plan */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['UpgradePlan'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  decideUpgrade: {
    parameters: {
      query?: never;
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
        /** @description The ETag that the client saw; 412 if the job has changed since. */
        'If-Match'?: string;
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['UpgradeDecision'];
      };
    };
    responses: {
      /** @description Decides what becomes of a revision that waits */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Job'];
        };
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The state of the thing does not allow it. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The job has changed since the version in If-Match. */
      412: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listSavepoints: {
    parameters: {
      query?: {
        /** @description The `next` of the page before; without it the first page. */
        after?: string;
        /** @description Items on the page at most. There may be fewer although `next` is not null: a page is bounded in bytes too. */
        limit?: number;
      };
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Lists the savepoints of a job, newest first */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['SavepointPage'];
        };
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  requestSavepoint: {
    parameters: {
      query?: never;
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
        /** @description A text of your choice, new for each thing to create. A repeated request with it gets the first answer. */
        'Idempotency-Key'?: string;
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['SavepointOrder'];
      };
    };
    responses: {
      /** @description Asks for a savepoint: a checkpoint with a name, which is kept until it is deleted */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Savepoint'];
        };
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The state of the thing does not allow it. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many of these at once; retry later. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getSavepoint: {
    parameters: {
      query?: never;
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
      };
      path: {
        id: string;
        savepointId: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Shows a savepoint */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Savepoint'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  deleteSavepoint: {
    parameters: {
      query?: never;
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
      };
      path: {
        id: string;
        savepointId: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Lets go of a savepoint: its checkpoint is kept or collected like any other from then on */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  previewRollback: {
    parameters: {
      query?: {
        /** @description Id of a checkpoint of the job. */
        checkpointId?: string;
        /** @description Id of a savepoint of the job, instead. */
        savepointId?: string;
      };
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Shows what a rollback would do; nothing is written */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['RollbackPreview'];
        };
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The state of the thing does not allow it. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many of these at once; retry later. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listRollbacks: {
    parameters: {
      query?: {
        /** @description The `next` of the page before; without it the first page. */
        after?: string;
        /** @description Items on the page at most. There may be fewer although `next` is not null: a page is bounded in bytes too. */
        limit?: number;
      };
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Lists the rollbacks of a job, newest first */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['RollbackPage'];
        };
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  rollBack: {
    parameters: {
      query?: never;
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
        /** @description The ETag that the client saw; 412 if the job has changed since. */
        'If-Match'?: string;
        /** @description A text of your choice, new for each thing to create. A repeated request with it gets the first answer. */
        'Idempotency-Key'?: string;
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['RollbackOrder'];
      };
    };
    responses: {
      /** @description Takes a job back to a checkpoint: bundle, configuration, state and offsets together */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Rollback'];
        };
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The state of the thing does not allow it. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The job has changed since the version in If-Match. */
      412: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  undoRollback: {
    parameters: {
      query?: never;
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
        /** @description The ETag that the client saw; 412 if the job has changed since. */
        'If-Match'?: string;
        /** @description A text of your choice, new for each thing to create. A repeated request with it gets the first answer. */
        'Idempotency-Key'?: string;
      };
      path: {
        id: string;
        rollbackId: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['UndoOrder'];
      };
    };
    responses: {
      /** @description Takes a job back to where a rollback has left: the newest checkpoint of that timeline */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Rollback'];
        };
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The state of the thing does not allow it. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The job has changed since the version in If-Match. */
      412: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getRollback: {
    parameters: {
      query?: never;
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
      };
      path: {
        id: string;
        rollbackId: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Shows a rollback, and what has come of it */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Rollback'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  forkJob: {
    parameters: {
      query?: never;
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
        /** @description A text of your choice, new for each thing to create. A repeated request with it gets the first answer. */
        'Idempotency-Key'?: string;
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['ForkOrder'];
      };
    };
    responses: {
      /** @description Makes a new job that begins with state and offsets of a checkpoint of this one */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Job'];
        };
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The state of the thing does not allow it. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The request body is too large. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The bundle's definition, or what was asked for, went over a bound. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many of these at once; retry later. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listDeadLetters: {
    parameters: {
      query?: {
        /** @description The `next` of the page before; without it the first page. */
        after?: string;
        /** @description Items on the page at most. There may be fewer although `next` is not null: a page is bounded in bytes too. */
        limit?: number;
        /** @description Only those of the source of this uid. */
        source?: string;
        /** @description Only those that were set aside for this error, by its code. */
        code?: string;
        /** @description Only those of this status. */
        status?: 'waiting' | 'redriving' | 'redriven' | 'discarded' | 'left_behind';
      };
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Lists the dead letters of a job, newest first */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['DeadLetterPage'];
        };
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getDeadLetter: {
    parameters: {
      query?: never;
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
      };
      path: {
        id: string;
        letterId: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Shows a dead letter with the bytes of its record */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['DeadLetterRecord'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  redriveDeadLetters: {
    parameters: {
      query?: never;
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
        /** @description A text of your choice, new for each thing to create. A repeated request with it gets the first answer. */
        'Idempotency-Key'?: string;
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['DeadLetterOrder'];
      };
    };
    responses: {
      /** @description Has the next batches of a job read records again that were set aside, each exactly once */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['DeadLettersOrdered'];
        };
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The state of the thing does not allow it. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  discardDeadLetters: {
    parameters: {
      query?: never;
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
        /** @description A text of your choice, new for each thing to create. A repeated request with it gets the first answer. */
        'Idempotency-Key'?: string;
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['DeadLetterOrder'];
      };
    };
    responses: {
      /** @description Settles dead letters that wait without reading their records again */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['DeadLettersOrdered'];
        };
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The state of the thing does not allow it. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getOffsets: {
    parameters: {
      query?: never;
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Shows a job's committed offsets beside what its sources hold */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Offsets'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many of these at once; retry later. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  resetOffsets: {
    parameters: {
      query?: {
        /** @description Uid of the only source meant. */
        source?: string;
        /** @description The only partition meant, of `source`. */
        partition?: string;
        /** @description What becomes of the state: `keep` (otherwise), for which there must be a complete checkpoint of the last committed batch, as a clean stop leaves one; or `empty`. */
        state?: 'keep' | 'empty';
        /** @description Answers what would change, and changes nothing. */
        dryRun?: boolean;
      };
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
        /** @description The ETag that the client saw; 412 if the job has changed since. */
        'If-Match'?: string;
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Forgets offsets of a job at rest; the next start begins at the start of the sources */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['OffsetEdit'];
        };
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The state of the thing does not allow it. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The job has changed since the version in If-Match. */
      412: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many of these at once; retry later. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  setOffsets: {
    parameters: {
      query?: never;
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
        /** @description The ETag that the client saw; 412 if the job has changed since. */
        'If-Match'?: string;
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['OffsetsOrder'];
      };
    };
    responses: {
      /** @description Sets offsets of a job at rest; the next start goes on there, on a new timeline */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['OffsetEdit'];
        };
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The state of the thing does not allow it. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The job has changed since the version in If-Match. */
      412: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many of these at once; retry later. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getCheckpointOffsets: {
    parameters: {
      query?: never;
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
      };
      path: {
        id: string;
        checkpointId: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Shows the offsets of a checkpoint beside what the sources hold now */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Offsets'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many of these at once; retry later. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  previewNextStart: {
    parameters: {
      query?: {
        /** @description From what the job begins, for this start alone: `latest-checkpoint` (otherwise), `checkpoint` (state, offsets and batch of `checkpointId`), `offsets-only` (empty state, offsets of the last commit), or with empty state `earliest`, `latest` or `timestamp`, for which each source finds the offsets itself. All but the first open a new timeline and need a job at rest. */
        from?: 'latest-checkpoint' | 'checkpoint' | 'offsets-only' | 'earliest' | 'latest' | 'timestamp';
        /** @description The checkpoint, for `"from": "checkpoint"`. */
        checkpointId?: string;
        /** @description The ISO 8601 time, for `"from": "timestamp"`. */
        timestamp?: string;
        /** @description The revision that would start; by default the job's current one. */
        revision?: number;
      };
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Shows from what the next start of a job would begin, and why; nothing is written */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['NextStart'];
        };
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The state of the thing does not allow it. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Too many of these at once; retry later. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listRunners: {
    parameters: {
      query?: never;
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Lists all runners, on one page */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['RunnerPage'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listTenants: {
    parameters: {
      query?: {
        /** @description The `next` of the page before; without it the first page. */
        after?: string;
        /** @description Items on the page at most. There may be fewer although `next` is not null: a page is bounded in bytes too. */
        limit?: number;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Lists tenants, newest first */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['TenantPage'];
        };
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  ensureTenant: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['TenantOrder'];
      };
    };
    responses: {
      /** @description Creates a tenant, or shows the one that has this name */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Tenant'];
        };
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listApiKeys: {
    parameters: {
      query?: {
        /** @description The `next` of the page before; without it the first page. */
        after?: string;
        /** @description Items on the page at most. There may be fewer although `next` is not null: a page is bounded in bytes too. */
        limit?: number;
      };
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Lists the API keys of a tenant, revoked ones too, newest first */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['ApiKeyPage'];
        };
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  createApiKey: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['ApiKeyOrder'];
      };
    };
    responses: {
      /** @description Creates an API key of a tenant */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['NewApiKey'];
        };
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  revokeApiKey: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
        keyId: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Revokes an API key of a tenant, for good; again it answers the same */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['ApiKey'];
        };
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listAdminKeys: {
    parameters: {
      query?: {
        /** @description The `next` of the page before; without it the first page. */
        after?: string;
        /** @description Items on the page at most. There may be fewer although `next` is not null: a page is bounded in bytes too. */
        limit?: number;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Lists the API keys of admins, revoked ones too, newest first */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['ApiKeyPage'];
        };
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  revokeAdminKey: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        keyId: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Revokes an API key of an admin, but never the one that the request came with; again it answers the same */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['ApiKey'];
        };
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The state of the thing does not allow it. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getRetention: {
    parameters: {
      query?: never;
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Shows how much of a job's past is kept */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Retention'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  setRetention: {
    parameters: {
      query?: never;
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['RetentionOrder'];
      };
    };
    responses: {
      /** @description Replaces the limits on how much of a job's past is kept; no run notices */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Retention'];
        };
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getUsage: {
    parameters: {
      query?: never;
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Shows what is stored of checkpoints, for each job and in all */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Usage'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getTenantRetention: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Shows the most that a tenant's jobs may keep of their past */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['RetentionLimits'];
        };
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  setTenantRetention: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['RetentionOrder'];
      };
    };
    responses: {
      /** @description Replaces the limits on what a tenant's jobs may keep of their past */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['RetentionLimits'];
        };
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getTenantUsage: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Shows what is stored of a tenant's checkpoints, for each job and in all */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Usage'];
        };
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listAuditEvents: {
    parameters: {
      query?: {
        /** @description The `next` of the page before; without it the first page. */
        after?: string;
        /** @description Items on the page at most. There may be fewer although `next` is not null: a page is bounded in bytes too. */
        limit?: number;
        /** @description Only what was done to the job of this id, or made it. The job may have been deleted since. */
        job?: string;
        /** @description Only what was done with the key of this id, or of this label. */
        actor?: string;
        /** @description Only this operation, by its name in this document. */
        operation?: string;
      };
      header?: {
        /** @description Id or name of the tenant that an admin's key acts for. Every request with it is in the audit trail. With a tenant's key it is not needed, and can only be its own. */
        'Tidemark-Tenant'?: components['parameters']['TidemarkTenant'];
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Lists what was asked of the service for a tenant, or, to an admin's key that names none, for all; newest first */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['AuditEventPage'];
        };
      };
      /** @description The request is not valid; every wrong field is named. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key is missing, unknown or revoked. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The API key may not do that. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description There is no such thing, or it belongs to somebody else. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getHealth: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Says whether the service can work */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Health'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot work now. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Health'];
        };
      };
    };
  };
  getLiveness: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Says that the process answers */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Live'];
        };
      };
      /** @description Something went wrong on our side; a reference is given. */
      500: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description The service cannot answer now; retry later. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
}
