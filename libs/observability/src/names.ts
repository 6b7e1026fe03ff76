/** Every span that Tidemark makes. Names are public: dashboards are built on them. */
export const SPANS = {
  submit: 'tidemark.submit',
  schedule: 'tidemark.schedule',
  claim: 'tidemark.claim',
  restore: 'tidemark.restore',
  batch: 'tidemark.batch',
  checkpoint: 'tidemark.checkpoint',
} as const;
export type SpanName = (typeof SPANS)[keyof typeof SPANS];

/** Attributes of those spans and of log lines. Tenants are on spans and logs, never on metrics. */
export const ATTRIBUTES = {
  tenantId: 'tidemark.tenant.id',
  jobId: 'tidemark.job.id',
  runId: 'tidemark.run.id',
  runnerId: 'tidemark.runner.id',
  epoch: 'tidemark.epoch',
  timeline: 'tidemark.timeline',
  batchId: 'tidemark.batch.id',
  recordsIn: 'tidemark.batch.records_in',
  recordsOut: 'tidemark.batch.records_out',
  checkpointId: 'tidemark.checkpoint.id',
} as const;
export type AttributeName = keyof typeof ATTRIBUTES;
