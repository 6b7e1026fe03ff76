interface EventSpec {
  /** What has happened, as a sentence without an end: it stands in a table. */
  readonly says: string;
  /** The members of `data`. */
  readonly data: readonly string[];
}

/** Everything that the history of a job tells, in the order of a job's life. This table is the specification. */
export const JOB_EVENTS = {
  'job.submitted': {
    says: 'The job was submitted, or made of a checkpoint of another one',
    data: ['revision', 'bundleDigest', 'actor', 'forkOf', 'checkpointId'],
  },
  'job.revised': {
    says: 'A new revision was submitted; it is deployed, or waits',
    data: ['revision', 'bundleDigest', 'actor'],
  },
  'job.upgrade_waits': {
    says: 'State does not fit a new revision: it waits for `decide`, and the old one goes on',
    data: ['revision', 'objections'],
  },
  'job.upgrade_decided': { says: 'A revision that waited was answered', data: ['revision', 'answer', 'actor'] },
  'job.start_ordered': { says: 'Somebody asked for a start', data: ['actor', 'from', 'checkpointId', 'timestampMs'] },
  'job.stop_ordered': { says: 'Somebody asked for a stop', data: ['actor'] },
  'job.cancel_ordered': { says: 'Somebody cancelled the job', data: ['actor'] },
  'job.scheduled': {
    says: 'It was decided what a run begins with, and the run waits for a runner',
    data: ['runId', 'revision', 'trigger', 'reasonCode', 'from'],
  },
  'run.claimed': { says: 'A runner has taken the run', data: ['runId', 'runnerId', 'epoch', 'revision'] },
  'run.restored': {
    says: 'State is there, and what was planned and not committed is done',
    data: ['runId', 'checkpointId', 'fromBatchId', 'rebuilt', 'finished', 'ms'],
  },
  'job.running': { says: 'The run takes new batches', data: ['runId', 'runnerId', 'epoch'] },
  'job.draining': {
    says: 'The run takes no new batch, and ends with a checkpoint',
    data: ['runId', 'runnerId', 'epoch'],
  },
  'job.handed_over': { says: 'The run has let go of a job that is wanted running', data: ['reason'] },
  'run.lost': {
    says: 'The runner is gone, or was silent for longer than its lease',
    data: ['runId', 'runnerId', 'epoch', 'retryInMs'],
  },
  'job.backing_off': {
    says: 'The run has failed, and another one follows after a wait',
    data: ['code', 'reason', 'stack', 'retryInMs'],
  },
  'job.runs_again': {
    says: 'The batch is run again without a record at which the code has failed',
    data: ['code', 'reason'],
  },
  'job.awaiting_decision': {
    says: 'The job waits for a person',
    data: ['code', 'reason', 'stack'],
  },
  'job.failed': { says: 'The job has failed, and is not started by itself', data: ['code', 'reason', 'stack'] },
  'job.finished': { says: 'All that its trigger asks for is done', data: [] },
  'job.stopped': { says: 'The job has stopped', data: ['code', 'reason'] },
  'job.cancelled': { says: 'The job is over', data: ['code', 'reason'] },
  'revision.healthy': { says: 'A revision has passed its probation', data: ['revision'] },
  'revision.rolled_back': {
    says: 'A revision was undone by itself, with what it did',
    data: ['from', 'to', 'checkpointId', 'reason'],
  },
  'checkpoint.completed': {
    says: 'A checkpoint is complete',
    data: [
      'checkpointId',
      'batchId',
      'manifestSha256',
      'stateRows',
      'stateBytes',
      'bytesWritten',
      'manifestBytes',
      'kind',
      'files',
      'pauseMs',
    ],
  },
  'checkpoint.failed': {
    says: 'A checkpoint could not be written; the run goes on',
    data: ['checkpointId', 'batchId', 'code', 'reason'],
  },
  'checkpoint.unreadable': { says: 'A checkpoint was found damaged', data: ['checkpointId', 'reason'] },
  'checkpoint.quota_pressure': {
    says: "The tenant's checkpoints take more than they may: they are written less often",
    data: ['bytes', 'quotaBytes', 'stretch'],
  },
  'checkpoint.quota_relieved': { says: 'They are within what they may take again', data: ['bytes', 'quotaBytes'] },
  'savepoint.requested': { says: 'Somebody asked for a savepoint', data: ['savepointId', 'label', 'actor'] },
  'savepoint.completed': { says: 'The savepoint is there', data: ['savepointId', 'label', 'checkpointId'] },
  'savepoint.released': {
    says: 'Somebody let go of a savepoint',
    data: ['savepointId', 'label', 'checkpointId', 'actor'],
  },
  'job.rollback_ordered': {
    says: 'Somebody ordered to go back to a checkpoint',
    data: ['rollbackId', 'checkpointId', 'from', 'to', 'undoes', 'reason', 'actor'],
  },
  'offsets.edited': {
    says: 'Somebody set or forgot offsets, which began a new timeline',
    data: [
      'actor',
      'fromTimeline',
      'timeline',
      'afterBatchId',
      'state',
      'checkpointId',
      'changed',
      'changes',
      'abandoned',
    ],
  },
  'downtime.skipped': {
    says: 'What came while the job was down was passed over, as its policy says',
    data: ['timeline', 'batchId', 'ranges'],
  },
  'batches.limited': {
    says: 'Batches take longer than their interval: they read less from now on',
    data: ['batchId', 'bytesPerBatch', 'processingMs', 'schedulingDelayMs'],
  },
  'batches.unlimited': { says: 'Batches read as much as they may again', data: ['batchId'] },
  'records.skipped': {
    says: 'Records that could not be read were passed over; the first of them',
    data: ['batchId', 'count', 'first'],
  },
  'records.counted': {
    says: 'Operators passed records over: late ones, duplicates, such without a match',
    data: ['batchId', 'operators'],
  },
  'record.dead_lettered': {
    says: 'Records were set aside; the first of them',
    data: ['batchId', 'count', 'first'],
  },
  'dead_letters.redrive_ordered': { says: 'Somebody asked to read dead letters again', data: ['letters', 'actor'] },
  'dead_letters.redriven': { says: 'A batch has read dead letters again', data: ['batchId', 'count'] },
  'dead_letters.discarded': { says: 'Somebody gave dead letters up', data: ['letters', 'actor'] },
  'job.state_regressed': {
    says: 'The database knows less of the job than was seen of it: it was restored from an older copy',
    data: ['seen', 'known'],
  },
  'job.regression_accepted': {
    says: 'Somebody had the job go on from that older state',
    data: ['seen', 'known', 'replaced', 'actor'],
  },
  log: {
    says: 'What the sink `log` shows of a batch: how many rows, and the first of them',
    data: ['sink', 'timeline', 'batchId', 'batchTimeMs', 'rows', 'sample'],
  },
} as const satisfies { readonly [type: string]: EventSpec };

export type JobEventType = keyof typeof JOB_EVENTS;
/** A member of the data of events of a type. */
export type JobEventMember<T extends JobEventType> = (typeof JOB_EVENTS)[T]['data'][number];
