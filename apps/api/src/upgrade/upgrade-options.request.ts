import { ApiSchema } from '@nestjs/swagger';
import { NO_UPGRADE_OPTIONS, TidemarkError, type BundleManifest, type UpgradeOptions } from '@tidemark/domain';
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

/**
 * What was said of the upgrade to `manifest`. Throws `upgrade_operator_unknown` for what the new code cannot mean: state would
 * be kept, or given up, otherwise than was asked for. An old uid that is not there is no mistake: what was renamed or dropped
 * once is gone, and the same order may be sent again.
 */
export function upgradeOptions(
  order: UpgradeOptionsOrder | undefined,
  { shapes }: Pick<BundleManifest, 'shapes'>,
): UpgradeOptions {
  const { renames, drops, resets } = { ...NO_UPGRADE_OPTIONS, ...order };
  demandState('renames', Object.values(renames), shapes);
  demandState('resets', resets, shapes);
  return { renames, drops, resets };
}

function demandState(option: 'renames' | 'resets', uids: readonly string[], shapes: BundleManifest['shapes']): void {
  const uid = uids.find((each) => !Object.hasOwn(shapes, each));
  if (uid !== undefined)
    throw new TidemarkError('upgrade_operator_unknown', { uid, option, operators: Object.keys(shapes).sort() });
}
