import { GeneratedCode } from '../fuse/generated-code.js';
import { propertyName } from '../fuse/row-code.js';
import { copyJson } from './json-copy.js';

/** More members than this are copied one by one. */
const MEMBERS_MAX = 24;

type Copy = (value: object) => unknown;

/**
 * {@link copyJson} for one operator, whose states nearly always look alike: a function is generated for the members of the
 * last flat object that it saw, and gives copies of one hidden class.
 */
export class StateCopier {
  private quick: Copy | undefined;
  private misses = 0;

  /** @throws NotJsonError as copyJson does. */
  copy(value: unknown): unknown {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return copyJson(value);
    const copied = this.quick?.(value);
    if (copied !== undefined) return copied;
    const slow = copyJson(value);
    // Where no two look alike, functions for them are made in vain.
    if (this.misses < 100 && isFlat(slow as object)) {
      this.misses += 1;
      this.quick = copierOf(Object.keys(slow as object));
    }
    return slow;
  }
}

const isFlat = (copy: object): boolean => {
  const members: readonly unknown[] = Object.values(copy);
  return members.length <= MEMBERS_MAX && members.every((member) => typeof member !== 'object' || member === null);
};

/** Copies an object with exactly these members, all of them plain; answers undefined for any other. */
function copierOf(names: readonly string[]): Copy {
  const code = new GeneratedCode();
  const [expected, ordinary, prototypeOf] = code.constantsOf(names, Object.prototype, Object.getPrototypeOf);
  const reads = names.map((name, index) => {
    const v = `v${index}`;
    return `const ${v} = o[${JSON.stringify(name)}];
if (typeof ${v} === 'number' ? ${v} - ${v} !== 0 : typeof ${v} !== 'string' && typeof ${v} !== 'boolean' && ${v} !== null) return undefined;`;
  });
  const members = names.map((name, index) => {
    const value = `typeof v${index} === 'number' ? v${index} + 0 : v${index}`;
    return `${propertyName(name)}: ${value}`;
  });
  const copier = code.add<Copy>(
    'o',
    () => `const prototype = ${prototypeOf}(o);
if (prototype !== ${ordinary} && prototype !== null) return undefined;
let members = 0;
for (const name in o) if (name !== ${expected}[members++]) return undefined;
if (members !== ${names.length}) return undefined;
${reads.join('\n')}
return { ${members.join(', ')} };`,
  );
  code.compile();
  return copier.run;
}
