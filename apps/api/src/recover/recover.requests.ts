import { ApiSchema } from '@nestjs/swagger';
import {
  BundleReference,
  BundleUpload,
  ChosenBundleField,
  ConfigOrder,
  JobNameField,
} from '../submit/submit.requests.js';
import { IdField, ObjectField, TextField } from '../transport/fields.js';
import { UpgradeOptionsOrder } from '../upgrade/upgrade-options.request.js';

const ReasonField = (): PropertyDecorator => TextField({ optional: true, max: 400, description: 'Why, for people.' });

@ApiSchema({ name: 'SavepointOrder' })
export class SavepointRequest {
  @TextField({ max: 120, description: 'What it is for, for people.' })
  readonly label!: string;
}

/** Which checkpoint is meant: one of the two is given. */
export class CheckpointChoice {
  @IdField({ optional: true, description: 'Id of a checkpoint of the job.' })
  readonly checkpointId?: string;

  @IdField({ optional: true, description: 'Id of a savepoint of the job, instead.' })
  readonly savepointId?: string;
}

@ApiSchema({ name: 'RollbackOrder' })
export class RollbackRequest extends CheckpointChoice {
  @ReasonField()
  readonly reason?: string;
}

@ApiSchema({ name: 'UndoOrder' })
export class UndoRequest {
  @ReasonField()
  readonly reason?: string;
}

@ApiSchema({ name: 'ForkOrder' })
export class ForkRequest extends CheckpointChoice {
  @JobNameField({ description: 'Name of the new job, unique for the tenant.' })
  readonly name!: string;

  @ChosenBundleField()
  readonly bundle?: BundleReference | BundleUpload;

  @ObjectField({
    optional: true,
    type: () => ConfigOrder,
    description: "Configuration of the new job; what it leaves out is as in the checkpoint's revision.",
  })
  readonly config?: ConfigOrder;

  @ObjectField({ optional: true, type: () => UpgradeOptionsOrder, description: 'What is said about the state.' })
  readonly upgrade?: UpgradeOptionsOrder;
}
