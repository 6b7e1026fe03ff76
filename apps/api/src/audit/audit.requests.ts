import type { JobId } from '@tidemark/domain';
import { TextField } from '../transport/fields.js';
import { PageQuery } from '../transport/paging.js';

/** Which part of the trail. */
export class AuditQuery extends PageQuery {
  @TextField({
    optional: true,
    max: 40,
    pattern: /^job_[0-9a-f]{32}$/,
    patternSays: '$property must be the id of a job',
    description: 'Only what was done to the job of this id, or made it. The job may have been deleted since.',
  })
  readonly job?: JobId;

  @TextField({ optional: true, max: 80, description: 'Only what was done with the key of this id, or of this label.' })
  readonly actor?: string;

  @TextField({ optional: true, max: 60, description: 'Only this operation, by its name in this document.' })
  readonly operation?: string;
}
