import { typeOfField, type FieldType } from '../schema/field-type.js';
import type { Member } from '../schema/schema.js';
import { asRecord } from '../schema/simplify.js';

/** How an object that is scanned lives in generated code. */
export interface ObjectPlan {
  /** Unique within a decoder; part of the names of what its loop uses. */
  readonly id: number;
  readonly fields: readonly FieldPlan[];
}

/** How one declared member lives in the locals of generated code. */
export interface FieldPlan extends FieldType {
  /** Unique within a decoder; part of the names of its locals. */
  readonly id: number;
  /** Place within its object. */
  readonly index: number;
  readonly member: Member;
  /** Its value is asked for; otherwise it is only checked. */
  readonly wanted: boolean;
  /** Presence is kept in a local: 0 missing, 1 there, 2 null, 3 there and read by JSON.parse. */
  readonly tracked: boolean;
  /** The bit that says that a required member was seen. */
  readonly bit: { readonly mask: string; readonly value: number } | undefined;
  /** The member is an object that is scanned as well. */
  readonly inner: ObjectPlan | undefined;
}

/** Bits of one mask, few enough to stay a small integer. */
const MASK_BITS = 30;
/** Objects deeper than this, and those of records that have more members in all, are read by JSON.parse. */
const INNER_DEPTH_MAX = 3;
const INNER_FIELDS_MAX = 48;

export function planObject(members: readonly Member[], wanted: (name: string) => boolean): ObjectPlan {
  const planner = new Planner(INNER_DEPTH_MAX);
  const plan = planner.object(members, wanted);
  return planner.count <= INNER_FIELDS_MAX ? plan : new Planner(0).object(members, wanted);
}

class Planner {
  count = 0;
  private objects = 0;

  constructor(private readonly depthMax: number) {}

  object(members: readonly Member[], wanted: (name: string) => boolean, depth = 0): ObjectPlan {
    const id = this.objects;
    this.objects += 1;
    let required = 0;
    const fields = members.map((member, index): FieldPlan => {
      const type = typeOfField(member);
      const mustBeSeen = member.required && member.node.defaultText === undefined;
      const bit = mustBeSeen ? bitOf(id, required) : undefined;
      if (mustBeSeen) required += 1;
      const isWanted = wanted(member.name);
      const inner = this.inner(member, isWanted, depth);
      const tracked = inner !== undefined || (type.plain !== undefined && type.kind === 'json');
      this.count += 1;
      return { ...type, id: this.count, index, member, wanted: isWanted, tracked, bit, inner };
    });
    return { id, fields };
  }

  private inner({ node }: Member, wanted: boolean, depth: number): ObjectPlan | undefined {
    const record = asRecord({ ...node, types: withoutNull(node.types) });
    // A schema that refers to itself would be planned without an end.
    if (record === undefined || node.defaultText !== undefined || depth >= this.depthMax) return undefined;
    if (this.count > INNER_FIELDS_MAX) return undefined;
    return this.object(record.members, () => wanted, depth + 1);
  }
}

function bitOf(object: number, required: number): { readonly mask: string; readonly value: number } {
  return { mask: `d$m${object}_${Math.floor(required / MASK_BITS)}`, value: 2 ** (required % MASK_BITS) };
}

function withoutNull<T extends string>(types: ReadonlySet<T> | undefined): ReadonlySet<T> | undefined {
  return types === undefined ? undefined : new Set([...types].filter((type) => type !== 'null'));
}

/** All of a decoder, the outer before the inner ones. */
export function objectsOf(plan: ObjectPlan): readonly ObjectPlan[] {
  return [plan, ...plan.fields.flatMap(({ inner }) => (inner === undefined ? [] : objectsOf(inner)))];
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
