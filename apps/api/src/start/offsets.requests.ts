import { ApiSchema } from '@nestjs/swagger';
import { STATES_OF_EDIT, type StateOfEdit } from '@tidemark/domain';
import { ChoiceField, FlagField, ListField, NumberField, TextField } from '../transport/fields.js';

const NAME_LENGTH_MAX = 1_024;
const OFFSETS_MAX = 10_000;
const STATE =
  'What becomes of the state: `keep` (otherwise), for which there must be a complete checkpoint of the last committed ' +
  'batch, as a clean stop leaves one; or `empty`.';
const DRY_RUN = 'Answers what would change, and changes nothing.';

@ApiSchema({ name: 'OffsetOrder' })
export class OffsetRequest {
  @TextField({ max: NAME_LENGTH_MAX, description: 'Uid of the source.' })
  readonly source!: string;

  @TextField({ max: NAME_LENGTH_MAX, description: 'Name of the partition: for `files`, of the file.' })
  readonly partition!: string;

  @NumberField({ documented: 'integer', description: 'The next position to read, in what the source counts.' })
  readonly offset!: number;
}

@ApiSchema({ name: 'OffsetsOrder' })
export class OffsetsRequest {
  @ListField({
    type: () => OffsetRequest,
    min: 1,
    max: OFFSETS_MAX,
    description: 'Where to go on, each partition once. What is not named stays as it is.',
  })
  readonly offsets!: readonly OffsetRequest[];

  @ChoiceField({ optional: true, of: STATES_OF_EDIT, description: STATE })
  readonly state?: StateOfEdit;

  @FlagField({ optional: true, description: DRY_RUN })
  readonly dryRun?: boolean;
}

export class ForgetQuery {
  @TextField({ optional: true, max: NAME_LENGTH_MAX, description: 'Uid of the only source meant.' })
  readonly source?: string;

  @TextField({ optional: true, max: NAME_LENGTH_MAX, description: 'The only partition meant, of `source`.' })
  readonly partition?: string;

  @ChoiceField({ optional: true, of: STATES_OF_EDIT, description: STATE })
  readonly state?: StateOfEdit;

  @FlagField({ optional: true, description: DRY_RUN })
  readonly dryRun?: boolean;
}
