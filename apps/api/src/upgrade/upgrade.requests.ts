import { ApiSchema } from '@nestjs/swagger';
import { UPGRADE_ANSWERS, type UpgradeAnswer } from '@tidemark/domain';
import { ChoiceField } from '../transport/fields.js';

@ApiSchema({ name: 'UpgradeDecision' })
export class UpgradeDecisionRequest {
  @ChoiceField({
    of: UPGRADE_ANSWERS,
    description: '`reset`: state that does not fit starts empty, sources go on; `abandon`: the revision is given up.',
  })
  readonly answer!: UpgradeAnswer;
}
