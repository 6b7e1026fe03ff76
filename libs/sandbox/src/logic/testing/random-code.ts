import fc from 'fast-check';

/** A function of `(a, b)` with what it depends on, as parts of a script that calls `$root(function)`. */
export interface RandomCode {
  readonly helpers: readonly string[];
  readonly root: string;
}

const aField = fc.constantFrom('count', 'total', 'key', 'size');
const aLiteral = fc.integer({ min: 2, max: 9_999 });

/** @param names variables that may be read. @param depth of what may be nested in it. */
function aNumber(names: readonly string[], depth: number): fc.Arbitrary<string> {
  const member = fc.tuple(fc.constantFrom(...names), aField).map(([name, field]) => `${name}.${field}`);
  const leaf = fc.oneof(member, member, aLiteral.map(String), fc.constant('LIMIT'));
  if (depth === 0) return leaf;
  const inner = aNumber(names, depth - 1);
  return fc.oneof(
    leaf,
    fc.tuple(inner, fc.constantFrom('+', '-', '*'), member).map(([x, operator, y]) => `(${x} ${operator} ${y})`),
    fc.tuple(member, inner).map(([x, y]) => `(${x} ?? ${y})`),
    fc.tuple(aCondition(names, depth - 1), inner, inner).map(([test, x, y]) => `(${test} ? ${x} : ${y})`),
    fc.tuple(fc.constantFrom('double', 'bounded', 'Math.abs'), inner).map(([name, x]) => `${name}(${x})`),
    fc.tuple(fc.constantFrom(...names), inner).map(([name, x]) => `${name}.items.map((each) => each + ${x}).length`),
  );
}

function aCondition(names: readonly string[], depth: number): fc.Arbitrary<string> {
  const compared = fc
    .tuple(fc.constantFrom(...names), aField, fc.constantFrom('<', '>=', '===', '!=='), aNumber(names, 0))
    .map(([name, field, operator, x]) => `${name}.${field} ${operator} ${x}`);
  if (depth === 0) return compared;
  const inner = aCondition(names, depth - 1);
  return fc.oneof(
    compared,
    fc.tuple(inner, fc.constantFrom('&&', '||'), compared).map(([x, operator, y]) => `((${x}) ${operator} ${y})`),
    inner.map((x) => `!(${x})`),
  );
}

function aValue(names: readonly string[]): fc.Arbitrary<string> {
  const x = aNumber(names, 2);
  const spread = fc
    .tuple(fc.constantFrom(...names), aField, x)
    .map(([name, field, y]) => `{ ...${name}, ${field}: ${y} }`);
  return fc.oneof(
    x,
    spread,
    fc.tuple(x, x).map(([y, z]) => `[${y}, ${z}]`),
    fc.constant('undefined'),
  );
}

function someStatements(names: readonly string[], depth: number): fc.Arbitrary<string> {
  if (depth === 0) return aValue(names).map((value) => `return ${value};`);
  const test = aCondition(names, 1);
  const x = aNumber(names, 2);
  const rest = someStatements(names, depth - 1);
  const local = `local${names.length}`;
  return fc.oneof(
    fc
      .tuple(x, someStatements([...names, local], depth - 1))
      .map(([value, more]) => `const ${local} = { count: ${value} };\n${local}.total = ${local}.count;\n${more}`),
    fc.tuple(test, aValue(names), rest).map(([is, value, more]) => `if (${is}) return ${value};\n${more}`),
    fc.tuple(test, rest, rest).map(([is, yes, no]) => `if (${is}) {\n${yes}\n} else {\n${no}\n}`),
    fc.tuple(test, aField, x, rest).map(([is, field, value, more]) => `if (${is}) { b.${field} = ${value}; }\n${more}`),
    fc.tuple(aField, x, rest).map(([field, value, more]) => `b.${field} += ${value};\n${more}`),
    fc
      .tuple(x, rest)
      .map(
        ([value, more]) => `for (const item of b.items) {\nif (item === ${value}) continue;\na.add(item);\n}\n${more}`,
      ),
  );
}

export const someCode: fc.Arbitrary<RandomCode> = fc
  .record({ limit: aLiteral, factor: aLiteral, statements: someStatements(['a', 'b'], 3) })
  .map(({ limit, factor, statements }) => ({
    helpers: [
      `const LIMIT = ${limit};`,
      `const double = (x) => ${factor} * x;`,
      'function bounded(x) { return x > LIMIT ? LIMIT : double(x); }',
    ],
    root: `(a, b) => {\n${statements}\n}`,
  }));

/** As the one function that a bundle is. */
export const asScript = ({ helpers, root }: RandomCode): string =>
  `(() => {\n${helpers.join('\n')}\n$root(${root});\n})();`;
