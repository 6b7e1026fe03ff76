import type { Member } from '../schema/schema.js';
import { typeOfField, type FieldType } from '../schema/field-type.js';

/** How one declared member lives in the locals of generated code. */
export interface FieldPlan extends FieldType {
  readonly id: number;
  readonly member: Member;
  /** Its value is asked for; otherwise it is only checked. */
  readonly wanted: boolean;
  /** Presence is kept in a local: 0 missing, 1 there, 2 null. */
  readonly tracked: boolean;
  /** The bit that says that a required member was seen. */
  readonly bit: { readonly mask: string; readonly value: number } | undefined;
}

/** Bits of one mask, few enough to stay a small integer. */
const MASK_BITS = 30;

export function planFields(members: readonly Member[], wanted: (name: string) => boolean): readonly FieldPlan[] {
  let required = 0;
  return members.map((member, id) => {
    const type = typeOfField(member);
    const mustBeSeen = member.required && member.node.defaultText === undefined;
    const bit = mustBeSeen
      ? { mask: `d$m${Math.floor(required / MASK_BITS)}`, value: 2 ** (required % MASK_BITS) }
      : undefined;
    if (mustBeSeen) required += 1;
    const tracked = type.plain !== undefined && type.kind === 'json';
    return { ...type, id, member, wanted: wanted(member.name), tracked, bit };
  });
}

/** Each mask with the value that it has when every required member was seen. */
export function masksOf(plans: readonly FieldPlan[]): ReadonlyMap<string, number> {
  const full = new Map<string, number>();
  for (const { bit } of plans) if (bit !== undefined) full.set(bit.mask, (full.get(bit.mask) ?? 0) + bit.value);
  return full;
}

/** Names of the locals of field `id`. */
export const LOCAL = {
  number: (id: number) => `d$n${id}`,
  boolean: (id: number) => `d$b${id}`,
  start: (id: number) => `d$s${id}`,
  end: (id: number) => `d$e${id}`,
  plain: (id: number) => `d$p${id}`,
  text: (id: number) => `d$t${id}`,
  json: (id: number) => `d$v${id}`,
  presence: (id: number) => `d$h${id}`,
} as const;
