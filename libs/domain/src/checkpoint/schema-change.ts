import { sortedJson } from '../sorted-json.js';
import { ComparisonBudget, Different, TooLarge } from './comparison-budget.js';
import {
  allowsAll,
  alternativesOf,
  ANNOTATIONS,
  hasDefault,
  isLooser,
  isOpen,
  isSafeBound,
  listOf,
  mayBe,
  membersOf,
  namesOf,
  saysMore,
  STRUCTURE,
  typeOfValue,
  typesOf,
  typeText,
  valuesOf,
  type Json,
} from './schema-parts.js';

/** What became of the JSON Schema of a state, or of a key. Paths begin with `value`. */
export type SchemaChange =
  | { readonly outcome: 'same' }
  /** Whatever the old schema allows can be read as the new one has it; what changed, one sentence each. */
  | { readonly outcome: 'evolves'; readonly changes: readonly [string, ...string[]] }
  | { readonly outcome: 'differs'; readonly reason: string };

/** What a pair counts beside its length: comparing it takes time, however short it is. */
const SPENT_PER_PAIR = 256;
const REASON_MAX = 1_000;
/** One after the other, before a schema is there. */
const REFERENCES_MAX = 100;

/**
 * Whether state of one schema can be read under another one without code of the tenant. Members may be reordered, removed,
 * or added where they are optional or have a default; types may become wider: integer to number, an enum with more members,
 * required to optional, bounds that let more through. Whatever else is different, is different: a rename is a member that is
 * gone and a required one that is new.
 *
 * @param before JSON Schema, draft 2020-12; undefined where none was declared.
 */
export function compareSchemas(before: unknown, after: unknown, budget = new ComparisonBudget()): SchemaChange {
  if (before === undefined && after === undefined) return { outcome: 'same' };
  if (before === undefined) return { outcome: 'differs', reason: 'had no schema and now has one' };
  if (after === undefined) return { outcome: 'evolves', changes: ['the schema is gone: every value is allowed'] };
  // Also one that is too large to be compared fits itself.
  if (sortedJson(before) === sortedJson(after)) return { outcome: 'same' };
  try {
    const [first, ...more] = new Comparison(before, after, budget).changes();
    return first === undefined ? { outcome: 'same' } : { outcome: 'evolves', changes: [first, ...more] };
  } catch (error) {
    if (error instanceof Different) return { outcome: 'differs', reason: error.message.slice(0, REASON_MAX) };
    // A schema is whatever a tenant says it is: names that are no names, types that are objects, thousands of levels.
    return { outcome: 'differs', reason: 'is no schema that can be read' };
  }
}

/** A schema as it is compared, and whether anything in it refers to elsewhere. */
interface SchemaText {
  readonly text: string;
  readonly isReferring: boolean;
}

class Comparison {
  private readonly found: string[] = [];
  /** Pairs of places that fit, or are being compared and do so unless it turns out otherwise: a schema may refer to itself. */
  private readonly fitting = new Set<string>();
  /** The same in the order in which they came. */
  private readonly trail: string[] = [];
  /**
   * Pairs that do not. That holds wherever they come again: they do not fit although all that was being compared then was
   * taken to. Without it, alternatives within alternatives would be tried again and again, twice as often with each level.
   */
  private readonly misfits = new Set<string>();
  private readonly texts = new Map<unknown, SchemaText>();

  constructor(
    private readonly before: unknown,
    private readonly after: unknown,
    private readonly budget: ComparisonBudget,
  ) {}

  changes(): readonly string[] {
    this.fits(this.before, this.after, 'value');
    return this.found;
  }

  private fits(rawBefore: unknown, rawAfter: unknown, path: string): void {
    const before = this.resolved(rawBefore, this.before);
    const after = this.resolved(rawAfter, this.after);
    if (this.isSame(before, after) || this.isKnown(before, after, path)) return;
    if (allowsAll(after)) {
      if (!allowsAll(before)) this.tell(`${path} may be anything now`);
      return;
    }
    if (before === false) return;
    const [old, now] = [asSchema(before, path), asSchema(after, path)];
    if (this.fitsAlternatives(old, now, path)) return;
    this.fitsValues(old, now, path);
    this.fitsTypes(old, now, path);
    this.fitsBounds(old, now, path);
    this.fitsMembers(old, now, path);
    this.fitsItems(old, now, path);
  }

  private isKnown(before: unknown, after: unknown, path: string): boolean {
    const pair = this.pairOf(before, after);
    if (this.misfits.has(pair)) throw this.notAllowed(path, before, after);
    if (this.fitting.has(pair)) return true;
    this.fitting.add(pair);
    this.trail.push(pair);
    return false;
  }

  private pairOf(before: unknown, after: unknown): string {
    const pair = `${this.textOf(before)} ${this.textOf(after)}`;
    this.budget.spend(pair.length + SPENT_PER_PAIR);
    return pair;
  }

  private tell(change: string): void {
    this.budget.tell(change.length);
    this.found.push(change);
  }

  private resolved(schema: unknown, document: unknown): unknown {
    let found = schema;
    for (let steps = 0; typeof found === 'object' && found !== null && '$ref' in found; steps += 1) {
      const { $ref: reference } = found;
      if (typeof reference !== 'string' || !reference.startsWith('#') || steps > REFERENCES_MAX) {
        throw new Different(`refers to ${this.shown(reference)}, which cannot be followed`);
      }
      this.budget.spend(reference.length);
      found = targetOf(reference, document);
    }
    return found;
  }

  private notAllowed(path: string, before: unknown, after: unknown): Different {
    return new Different(`${path} was ${this.shown(before)}, which ${this.shown(after)} does not allow`);
  }

  private shown(json: unknown): string {
    const text = json === undefined ? 'absent' : this.textOf(json);
    return text.length <= 100 ? text : `${text.slice(0, 100)}…`;
  }

  /** @returns whether one of the two is a choice, and so all is said. */
  private fitsAlternatives(before: Json, after: Json, path: string): boolean {
    const [from, to] = [alternativesOf(before), alternativesOf(after)];
    if (from === undefined && to === undefined) return false;
    if (saysMore(before, from) || saysMore(after, to)) {
      throw new Different(`${path} was ${this.shown(before)} and is now ${this.shown(after)}`);
    }
    const choices = to ?? [after];
    const same = new Map(choices.map((other) => [this.textOf(other), other]));
    (from ?? [before]).forEach((one, index) => {
      const allows = (other: unknown): boolean => other !== undefined && this.wouldFit(one, other, path);
      // Most are what they were, where they were: to try these first spares trying all the others.
      if (allows(same.get(this.textOf(one))) || allows(choices[index]) || choices.some(allows)) return;
      throw this.notAllowed(path, one, after);
    });
    if ((from ?? [before]).length < choices.length) this.tell(`${path} may be more than it was`);
    return true;
  }

  /** Where nothing refers to elsewhere, the same text is the same schema. */
  private isSame(before: unknown, after: unknown): boolean {
    const [old, now] = [this.read(before), this.read(after)];
    if (old.isReferring || old.text.length !== now.text.length) return false;
    this.budget.spend(old.text.length);
    return old.text === now.text;
  }

  private textOf(schema: unknown): string {
    return this.read(schema).text;
  }

  private read(schema: unknown): SchemaText {
    const known = this.texts.get(schema);
    if (known !== undefined) return known;
    const text = sortedJson(schema);
    this.budget.spend(text.length);
    const found = { text, isReferring: text.includes('"$ref"') };
    this.texts.set(schema, found);
    return found;
  }

  private wouldFit(before: unknown, after: unknown, path: string): boolean {
    const [changes, came] = [this.found.length, this.trail.length];
    try {
      this.fits(before, after, path);
      return true;
    } catch (error) {
      if (!(error instanceof Different) || error instanceof TooLarge) throw error;
      for (const change of this.found.splice(changes)) this.budget.untell(change.length);
      this.noteMisfit(before, after);
      // What fitted meanwhile may have done so only because of it.
      for (const pair of this.trail.splice(came)) this.fitting.delete(pair);
      return false;
    }
  }

  private noteMisfit(before: unknown, after: unknown): void {
    try {
      this.misfits.add(this.pairOf(this.resolved(before, this.before), this.resolved(after, this.after)));
    } catch (error) {
      // What cannot be followed is looked up again, and does not fit again.
      if (!(error instanceof Different) || error instanceof TooLarge) throw error;
    }
  }

  private fitsValues(before: Json, after: Json, path: string): void {
    const [from, to] = [valuesOf(before), valuesOf(after)];
    if (to === undefined) {
      if (from !== undefined) this.tell(`${path} is no longer one of ${this.shown(from)}`);
      return;
    }
    if (from === undefined)
      throw new Different(`${path} was any ${typeText(before)} and is now one of ${this.shown(to)}`);
    const allowed = new Set(to.map(sortedJson));
    const gone = from.filter((value) => !allowed.has(sortedJson(value)));
    if (gone.length > 0)
      throw new Different(`${path} was ${this.shown(gone[0])}, which is not one of ${this.shown(to)}`);
    if (to.length > from.length) this.tell(`${path} may be one of ${this.shown(to)} now`);
  }

  private fitsTypes(before: Json, after: Json, path: string): void {
    const [from, to] = [typesOf(before), typesOf(after)];
    if (to === undefined) {
      if (from !== undefined) this.tell(`${path} may be of any type now`);
      return;
    }
    // Which values there can be says of which types they are.
    const old = from ?? valuesOf(before)?.map(typeOfValue);
    if (old === undefined) throw new Different(`${path} was anything and is now ${typeText(after)}`);
    const [allowed, known] = [new Set(to), new Set(from)];
    const allows = (type: string): boolean => allowed.has(type) || (type === 'integer' && allowed.has('number'));
    if (!old.every(allows)) throw new Different(`${path} was ${old.join(' or ')} and is now ${to.join(' or ')}`);
    if (from !== undefined && to.some((type) => !known.has(type))) {
      this.tell(`${path} was ${from.join(' or ')} and is now ${to.join(' or ')}`);
    }
  }

  private fitsBounds(before: Json, after: Json, path: string): void {
    const bounds = (schema: Json): readonly string[] =>
      Object.keys(schema).filter(
        (name) => !ANNOTATIONS.has(name) && !STRUCTURE.has(name) && !isSafeBound(schema[name]),
      );
    for (const name of new Set([...bounds(before), ...bounds(after)])) {
      const [from, to] = [before[name], isSafeBound(after[name]) ? undefined : after[name]];
      if (to !== undefined && sortedJson(from ?? null) === sortedJson(to)) continue;
      const change = `${path}: ${name} was ${this.shown(from)} and is now ${this.shown(to)}`;
      if (to !== undefined && !isLooser(name, from, to)) throw new Different(change);
      this.tell(change);
    }
  }

  private fitsMembers(before: Json, after: Json, path: string): void {
    if (!mayBe(before, 'object') || !mayBe(after, 'object')) return;
    const [old, now] = [membersOf(before), membersOf(after)];
    const [oldRequired, nowRequired] = [namesOf(before['required']), namesOf(after['required'])];
    const rest = after['additionalProperties'];
    for (const [name, member] of Object.entries(old)) {
      const at = `${path}.${name}`;
      const wanted = Object.hasOwn(now, name) ? now[name] : undefined;
      if (wanted !== undefined) this.fits(member, wanted, at);
      else if (typeof rest === 'object' && rest !== null) this.fits(member, rest, at);
      else if (!isOpen(after)) this.tell(`${at} is gone`);
    }
    for (const name of Object.keys(now)) {
      if (!Object.hasOwn(old, name)) this.memberCame(name, before, { after, nowRequired, path });
      else if (nowRequired.has(name) && !oldRequired.has(name) && !hasDefault(now[name])) {
        throw new Different(`${path}.${name} was optional and is now required`);
      } else if (!nowRequired.has(name) && oldRequired.has(name)) this.tell(`${path}.${name} is optional now`);
    }
    for (const name of nowRequired) {
      if (!Object.hasOwn(now, name) && !oldRequired.has(name)) {
        throw new Different(`${path}.${name} is new and required`);
      }
    }
    this.fitsRest(before, after, path);
  }

  private memberCame(
    name: string,
    before: Json,
    to: { readonly after: Json; readonly nowRequired: ReadonlySet<string>; readonly path: string },
  ): void {
    const { after, nowRequired, path } = to;
    const wanted = membersOf(after)[name];
    const of = before['additionalProperties'];
    // A member of a dictionary becomes a declared one.
    if (typeof of === 'object' && of !== null) this.fits(of, wanted, `${path}.${name}`);
    if (nowRequired.has(name) && !hasDefault(wanted)) {
      throw new Different(`${path}.${name} is new and required, and has no default`);
    }
    this.tell(`${path}.${name} is new${hasDefault(wanted) ? '' : ' and optional'}`);
  }

  /** Members that are not declared: of a dictionary, say. */
  private fitsRest(before: Json, after: Json, path: string): void {
    const [from, to] = [before['additionalProperties'], after['additionalProperties']];
    if (typeof from !== 'object' || from === null) return;
    if (typeof to === 'object' && to !== null) this.fits(from, to, `${path}.*`);
    else if (!isOpen(after)) {
      throw new Different(`${path} was a dictionary of ${this.shown(from)} and is now one of declared members`);
    }
  }

  private fitsItems(before: Json, after: Json, path: string): void {
    if (!mayBe(before, 'array') || !mayBe(after, 'array')) return;
    const [old, now] = [listOf(before['prefixItems']), listOf(after['prefixItems'])];
    if (old.length !== now.length) {
      throw new Different(`${path} was a list of ${old.length} and is now one of ${now.length} given items`);
    }
    old.forEach((item, index) => {
      this.fits(item, now[index], `${path}[${index}]`);
    });
    if (after['items'] !== undefined) this.fits(before['items'] ?? true, after['items'], `${path}[]`);
    else if (before['items'] !== undefined) this.tell(`${path}[] may be anything now`);
  }
}

/** What a reference names. Throws `Different` where there is nothing. */
function targetOf(reference: string, document: unknown): unknown {
  let target = document;
  for (const part of reference.split('/').slice(1)) {
    const name = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
    target =
      typeof target === 'object' && target !== null && Object.hasOwn(target, name) ? (target as Json)[name] : undefined;
  }
  if (target === undefined) throw new Different(`refers to ${reference}, which is not there`);
  return target;
}

function asSchema(schema: unknown, path: string): Json {
  if (schema === true) return {};
  if (typeof schema === 'object' && schema !== null && !Array.isArray(schema)) return schema as Json;
  throw new Different(`${path} is nothing at all now`);
}
