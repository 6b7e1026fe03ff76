import { ApiExtraModels, ApiProperty, ApiSchema, getSchemaPath } from '@nestjs/swagger';
import { RESTORE_POLICIES, type RestorePolicy } from '@tidemark/domain';
import { Type, type TypeHelpOptions } from 'class-transformer';
import { IsObject, ValidateIf, ValidateNested } from 'class-validator';
import { UpgradeOptionsOrder } from '../upgrade/upgrade-options.request.js';
import {
  ChoiceField,
  FlagOrField,
  NumberField,
  ObjectField,
  TextField,
  WholeNumberField,
} from '../transport/fields.js';

const MIB = 1024 * 1024;
const DAY_MS = 86_400_000;

@ApiSchema({ name: 'BundleUpload' })
export class BundleUpload {
  @TextField({ max: 10 * MIB, description: 'One classic script that leaves the job in the global `tidemarkJob`.' })
  readonly code!: string;

  @TextField({ optional: true, max: 10 * MIB, description: 'Source map of the code, version 3, as JSON text.' })
  readonly sourceMap?: string;
}

@ApiSchema({ name: 'BundleReference' })
export class BundleReference {
  @TextField({
    max: 64,
    pattern: /^[0-9a-f]{64}$/,
    patternSays: '$property must be 64 lower-case hex digits',
    description: 'Digest of a bundle that was uploaded before.',
  })
  readonly digest!: string;
}

@ApiSchema({ name: 'LimitsOrder' })
export class LimitsOrder {
  @WholeNumberField({
    optional: true,
    min: 32,
    max: 4_096,
    description: "Memory of the job's sandbox in MiB; 256 by default.",
  })
  readonly memoryMb?: number;

  @WholeNumberField({
    optional: true,
    min: 10,
    max: 600_000,
    description: 'CPU deadline of a batch in ms; 10 000 by default.',
  })
  readonly cpuMsPerBatch?: number;
}

@ApiSchema({ name: 'HealthLimitsOrder' })
export class HealthOrder {
  @WholeNumberField({
    optional: true,
    min: 0,
    max: 10_000,
    description:
      'Batches that it must commit within these limits before it counts as healthy; 5 by default, 0: it is not watched.',
  })
  readonly batches?: number;

  @NumberField({
    optional: true,
    documented: 'number',
    min: 1,
    max: 1_000,
    description: 'How many times longer than before a batch, and each of its records, may take; 3 by default.',
  })
  readonly slowdown?: number;

  @NumberField({
    optional: true,
    documented: 'number',
    min: 1,
    max: 1_000_000,
    description: 'How many times as many rows of state as it took over it may have; 10 by default.',
  })
  readonly growth?: number;

  @NumberField({
    optional: true,
    documented: 'number',
    min: 0,
    max: 1,
    description: "Which part of a batch's records it may skip as unreadable; 0.1 by default.",
  })
  readonly skipped?: number;
}

@ApiSchema({ name: 'JobConfigOrder' })
export class ConfigOrder {
  @ChoiceField({
    optional: true,
    of: RESTORE_POLICIES,
    description: 'What to do where state does not fit or cannot be read; `ask` by default.',
  })
  readonly restorePolicy?: RestorePolicy;

  @WholeNumberField({
    optional: true,
    min: 10,
    max: DAY_MS,
    description: 'Milliseconds between checkpoints; by default ten batch intervals and at least 10 000.',
  })
  readonly checkpointIntervalMs?: number;

  @ObjectField({ optional: true, type: () => LimitsOrder, description: 'Bounds of the job.' })
  readonly limits?: LimitsOrder;

  @ObjectField({
    optional: true,
    type: () => HealthOrder,
    description:
      'What the revision is held to after it has taken over from another one; otherwise it goes back by itself.',
  })
  readonly health?: HealthOrder;
}

/** A bundle is named by its digest or comes with the request. What has neither is refused as a bundle without code. */
const BundleField =
  ({ optional = false } = {}): PropertyDecorator =>
  (target, property) => {
    ApiExtraModels(BundleReference, BundleUpload)(target.constructor);
    if (optional) ValidateIf((_, value) => value !== undefined)(target, property);
    ApiProperty({
      required: !optional,
      description: 'A bundle uploaded before, by its digest, or a new one.',
      oneOf: [{ $ref: getSchemaPath(BundleReference) }, { $ref: getSchemaPath(BundleUpload) }],
    })(target, property);
    IsObject()(target, property);
    ValidateNested()(target, property);
    Type((help?: TypeHelpOptions) => (isReference(help?.object[help.property]) ? BundleReference : BundleUpload))(
      target,
      property,
    );
  };

/** A bundle that may be left out: then it is the one that there is already. */
export const ChosenBundleField = (): PropertyDecorator => BundleField({ optional: true });

const isReference = (bundle: unknown): boolean => typeof bundle === 'object' && bundle !== null && 'digest' in bundle;

/** What a job may be called. */
export const JobNameField = (field: { readonly description: string; readonly optional?: boolean }): PropertyDecorator =>
  TextField({
    ...field,
    max: 80,
    pattern: /^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/,
    patternSays:
      '$property must be lower-case letters, digits, dots, dashes and underscores, with a letter or digit at each end',
  });

@ApiSchema({ name: 'JobOrder' })
export class JobRequest {
  @JobNameField({ optional: true, description: "Name of the job, unique for the tenant; by default the bundle's own." })
  readonly name?: string;

  @BundleField()
  readonly bundle!: BundleReference | BundleUpload;

  @ObjectField({ optional: true, type: () => ConfigOrder, description: 'Configuration of the revision.' })
  readonly config?: ConfigOrder;
}

@ApiSchema({ name: 'RevisionOrder' })
export class RevisionRequest {
  @BundleField({ optional: true })
  readonly bundle?: BundleReference | BundleUpload;

  @TextField({
    optional: true,
    max: 40,
    description:
      'Id of an upgrade plan, instead of bundle, config and upgrade: what it says is deployed, if it would come out the same now.',
  })
  readonly plan?: string;

  @ObjectField({ optional: true, type: () => UpgradeOptionsOrder, description: 'What is said about the state.' })
  readonly upgrade?: UpgradeOptionsOrder;

  @ObjectField({
    optional: true,
    type: () => ConfigOrder,
    description: 'Configuration of the revision; what it leaves out stays as it was.',
  })
  readonly config?: ConfigOrder;
}

@ApiSchema({ name: 'UpgradePlanOrder' })
export class UpgradePlanRequest {
  @BundleField()
  readonly bundle!: BundleReference | BundleUpload;

  @ObjectField({
    optional: true,
    type: () => ConfigOrder,
    description: 'Configuration of the revision; what it leaves out stays as it was.',
  })
  readonly config?: ConfigOrder;

  @ObjectField({ optional: true, type: () => UpgradeOptionsOrder, description: 'What is said about the state.' })
  readonly upgrade?: UpgradeOptionsOrder;

  @FlagOrField({
    optional: true,
    of: ['all'],
    description:
      'Also converts the state of the newest checkpoint with the new code, and throws it away: a sample of each operator, or `all` of it. What took longer than a minute is cut short, and `tried` says how far it came.',
  })
  readonly deep?: boolean | 'all';
}
