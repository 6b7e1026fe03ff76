import { ApiSchema } from '@nestjs/swagger';
import { DEAD_LETTER_STATUSES, type DeadLetterStatus } from '@tidemark/domain';
import { ChoiceField, NamesField, ObjectField, TextField } from '../transport/fields.js';
import { PageQuery } from '../transport/paging.js';

const SourceField = (): PropertyDecorator =>
  TextField({ optional: true, max: 100, description: 'Only those of the source of this uid.' });
const CodeField = (): PropertyDecorator =>
  TextField({ optional: true, max: 60, description: 'Only those that were set aside for this error, by its code.' });

/** Which dead letters. */
export class DeadLetterQuery extends PageQuery {
  @SourceField()
  readonly source?: string;

  @CodeField()
  readonly code?: string;

  @ChoiceField({ optional: true, of: DEAD_LETTER_STATUSES, description: 'Only those of this status.' })
  readonly status?: DeadLetterStatus;
}

@ApiSchema({ name: 'DeadLetterFilter' })
export class DeadLetterFilterOrder {
  @SourceField()
  readonly source?: string;

  @CodeField()
  readonly code?: string;
}

/** Which letters an order is about: one of the two is given. */
@ApiSchema({ name: 'DeadLetterOrder' })
export class DeadLetterRequest {
  @NamesField({
    optional: true,
    max: 1_000,
    pattern: /^dlt_[0-9a-f]{32}$/,
    patternSays: 'each of $property must be the id of a dead letter',
    description: 'The letters, by id.',
  })
  readonly letters?: readonly string[];

  @ObjectField({
    optional: true,
    type: () => DeadLetterFilterOrder,
    description: 'Every letter that waits and fits this, instead; all that wait if it is empty.',
  })
  readonly all?: DeadLetterFilterOrder;
}
