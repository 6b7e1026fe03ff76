import { ApiSchema } from '@nestjs/swagger';
import { START_MODES, type StartModeName } from '@tidemark/domain';
import { ChoiceField, IdField, INTEGER_MAX, TextField, WholeNumberField } from '../transport/fields.js';

const TIME_LENGTH_MAX = 40;

@ApiSchema({ name: 'StartOrder' })
export class StartRequest {
  @ChoiceField({
    optional: true,
    of: START_MODES,
    description:
      'From what the job begins, for this start alone: `latest-checkpoint` (otherwise), `checkpoint` (state, offsets and ' +
      'batch of `checkpointId`), `offsets-only` (empty state, offsets of the last commit), or with empty state `earliest`, ' +
      '`latest` or `timestamp`, for which each source finds the offsets itself. All but the first open a new timeline and ' +
      'need a job at rest.',
  })
  readonly from?: StartModeName;

  @IdField({ optional: true, description: 'The checkpoint, for `"from": "checkpoint"`.' })
  readonly checkpointId?: string;

  @TextField({ optional: true, max: TIME_LENGTH_MAX, description: 'The ISO 8601 time, for `"from": "timestamp"`.' })
  readonly timestamp?: string;
}

export class NextStartQuery extends StartRequest {
  @WholeNumberField({
    optional: true,
    inQuery: true,
    min: 1,
    max: INTEGER_MAX,
    description: "The revision that would start; by default the job's current one.",
  })
  readonly revision?: number;
}
