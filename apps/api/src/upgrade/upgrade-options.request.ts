import { ApiSchema } from '@nestjs/swagger';
import { NO_UPGRADE_OPTIONS, type UpgradeOptions } from '@tidemark/domain';
import { NameMapField, NamesField } from '../transport/fields.js';

const UID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const UID_SAYS = '$property must hold uids: 1 to 100 letters, digits, dots, dashes and underscores';

/** What is said about state that would be lost otherwise. */
@ApiSchema({ name: 'UpgradeOptions' })
export class UpgradeOptionsOrder {
  @NameMapField({
    optional: true,
    max: 100,
    pattern: UID,
    patternSays: UID_SAYS,
    description: 'The new uid of an operator by its old one: its state moves there.',
  })
  readonly renames?: { readonly [from: string]: string };

  @NamesField({
    optional: true,
    max: 100,
    pattern: UID,
    patternSays: UID_SAYS,
    description: 'Uids of operators that are gone, whose state may go too.',
  })
  readonly drops?: readonly string[];

  @NamesField({
    optional: true,
    max: 100,
    pattern: UID,
    patternSays: UID_SAYS,
    description: 'Uids of operators that shall start empty.',
  })
  readonly resets?: readonly string[];
}

export const upgradeOptions = (order: UpgradeOptionsOrder | undefined): UpgradeOptions => ({
  renames: order?.renames ?? NO_UPGRADE_OPTIONS.renames,
  drops: order?.drops ?? NO_UPGRADE_OPTIONS.drops,
  resets: order?.resets ?? NO_UPGRADE_OPTIONS.resets,
});
