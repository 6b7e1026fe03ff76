import { transformSync, type TransformOptions } from 'esbuild';
import fc from 'fast-check';
import { minify_sync } from 'terser';
import { describe, expect, it } from 'vitest';
import { logicIn } from './testing/logic-in.js';
import { asScript, someCode, type RandomCode } from './testing/random-code.js';

const logicOf = (script: string): string | undefined => logicIn(script)['operator'];

const byEsbuild =
  (options: TransformOptions) =>
  (script: string): string =>
    transformSync(script, { target: 'es2023', ...options }).code;

const REPRINTED: { readonly [how: string]: (script: string) => string } = {
  'short names': byEsbuild({ minifyIdentifiers: true }),
  'no whitespace': byEsbuild({ minifyWhitespace: true }),
  'kept names': byEsbuild({ minifyIdentifiers: true, keepNames: true }),
  'names of another minifier': (script) => minify_sync(script, { compress: false }).code ?? '',
};

describe('the logic of a function', () => {
  it.each(Object.keys(REPRINTED))('is the same after a bundler with %s', (how) => {
    const bundle = REPRINTED[how] ?? String;
    fc.assert(
      fc.property(someCode, (code) => {
        const script = asScript(code);
        expect(logicOf(bundle(script))).toBe(logicOf(script));
      }),
      { numRuns: 60 },
    );
  });

  // Minifiers know no normal form: where the order of evaluation is at stake, one of some hundred functions comes out
  // differently. That is a warning too many, and no more.
  it('is the same after a minifier has rewritten its syntax, but for one or two in a hundred', () => {
    const scripts = fc.sample(someCode, 150).map(asScript);
    const minified = byEsbuild({ minify: true });
    const same = scripts.filter((script) => logicOf(minified(script)) === logicOf(script));
    expect(same.length).toBeGreaterThanOrEqual(147);
  });

  it('is the same under other names and with its helpers in another order', () => {
    fc.assert(
      fc.property(someCode, ({ helpers, root }) => {
        const other = asScript({ helpers: helpers.toReversed(), root });
        const renamed = other.replaceAll(/\b(double|bounded|LIMIT|local\d|item|each|a|b)\b(?!:)/g, '$1_2');
        expect(logicOf(renamed)).toBe(logicOf(asScript({ helpers, root })));
      }),
    );
  });

  const using = ({ helpers, root }: RandomCode, own: number): RandomCode => ({
    helpers,
    root: root.replace('{', `{ b.key += ${own} * a.count; a.add(double(b.total)); `),
  });

  it('changes with a number in it', () => {
    fc.assert(
      fc.property(someCode, fc.uniqueArray(fc.integer({ min: 2 }), { minLength: 2, maxLength: 2 }), (code, numbers) => {
        const [one, other] = numbers.map((own) => logicOf(asScript(using(code, own))));
        expect(one).not.toBe(other);
      }),
    );
  });

  it('changes with a number in a helper', () => {
    fc.assert(
      fc.property(someCode, (code) => {
        const script = asScript(using(code, 2));
        const other = script.replace(/=> (\d+) \* x/, (_all, factor: string) => `=> ${Number(factor) + 1} * x`);
        expect(logicOf(other)).not.toBe(logicOf(script));
      }),
    );
  });
});

describe('two ways to write the same', () => {
  it.each([
    ['x => x + 1', 'x => { return x + 1; }'],
    ['x => x.n', 'function (x) { return x.n; }'],
    ['a => ({ a })', "a => ({ 'a': a })"],
    ['x => { if (x.a) return 1; return 2; }', 'x => { if (!x.a) { return 2; } else { return 1; } }'],
    ['x => { if (x.a) { x.b(); } }', 'x => { x.a && x.b() }'],
    ['x => { x.a(); if (x.b) return; x.c(); }', 'x => { x.a(), x.b || x.c(); }'],
    ['x => { for (const y of x) { if (y.a) continue; y.b(); } }', 'x => { for (const y of x) y.a || y.b(); }'],
    ['x => x.a ?? 1', 'x => { var t; return (t = x.a) != null ? t : 1; }'],
    ['x => x.a?.b.c(1)', 'x => { var t; return (t = x.a) == null ? void 0 : t.b.c(1); }'],
    ['x => x?.a?.b', 'x => { var t; return (t = x == null ? void 0 : x.a) == null ? void 0 : t.b; }'],
    ["x => typeof x.a === 'undefined'", 'x => typeof x.a > "u"'],
    ['x => [Number(x.a), Boolean(x.b)]', 'x => [+x.a, !!x.b]'],
    ['x => { try { return x.a(); } catch (error) { return 0; } }', 'x => { try { return x.a() } catch { return 0 } }'],
    ['x => { out: for (;;) { for (;;) break out; } }', 'x => { o: for (;;) for (;;) break o; }'],
  ])('%s and %s', (one, other) => {
    expect(logicOf(`$root(${other})`)).toBe(logicOf(`$root(${one})`));
  });

  it.each([
    [
      'a constant that is set later',
      'var n = 5; $root((x) => x + n)',
      'var n; (() => { n = 5; })(); $root((x) => x + n)',
    ],
    ['a helper that is used once', '$root((x) => x.a + 1)', 'const next = (y) => y.a + 1; $root((x) => next(x))'],
    [
      'a function and a constant',
      'function f(x) { return x * f(x - 1) } $root(f)',
      'const f = (y) => y * f(y - 1); $root(f)',
    ],
    ['code that is not used', '$root((x) => x)', 'const unused = 5; $root((x) => x); unused + 1'],
  ])('%s', (_name, one, other) => {
    expect(logicOf(other)).toBe(logicOf(one));
  });
});

describe('what changes logic', () => {
  it.each([
    ['a comparison', '$root((x) => x < 1)', '$root((x) => x <= 1)'],
    ['a negation', '$root((x) => x.a && x.b)', '$root((x) => x.a && !x.b)'],
    ['a branch', '$root((x) => { if (x.a) x.b(); x.c(); })', '$root((x) => { if (x.a) { x.b(); x.c(); } })'],
    [
      'a return',
      '$root((x) => { if (x.a) { x.b(); return; } x.c(); })',
      '$root((x) => { if (x.a) { x.b(); } x.c(); })',
    ],
    ['a global', '$root((x) => Math.max(x, 1))', '$root((x) => Math.min(x, 1))'],
    ['a member', '$root((x) => x.a)', '$root((x) => x.b)'],
    ['what two names stand for', '$root((a, b) => a - b)', '$root((a, b) => b - a)'],
    ['a big number', '$root((x) => (x === 1n ? 2 : 3))', '$root((x) => (x === 2n ? 2 : 3))'],
    ['a flag', '$root((x) => /a/g.test(x))', '$root((x) => /a/i.test(x))'],
    ['a write elsewhere', 'let n = 1; n = 2; $root((x) => x + n)', 'let n = 1; n = 3; $root((x) => x + n)'],
    [
      'a write into an object',
      'const o = {}; o.a = 1; $root((x) => o[x])',
      'const o = {}; o.a = 2; $root((x) => o[x])',
    ],
    [
      'a call that fills a map',
      "const m = new Map(); m.set('a', 1); $root((x) => m.get(x))",
      "const m = new Map(); m.set('a', 2); $root((x) => m.get(x))",
    ],
    [
      'a list that is gone through',
      "for (const n of ['a']) $root((x) => x[n])",
      "for (const n of ['b']) $root((x) => x[n])",
    ],
    [
      'a list that operators are made of',
      "['a'].forEach((n) => $root((x) => x[n]))",
      "['b'].forEach((n) => $root((x) => x[n]))",
    ],
    ['a default', 'const f = (n = 1) => $root((x) => x + n); f()', 'const f = (n = 2) => $root((x) => x + n); f()'],
    [
      'a method of a class',
      'class C { m() { return 1; } } $root(() => new C())',
      'class C { m() { return 2; } } $root(() => new C())',
    ],
  ])('%s', (_name, one, other) => {
    expect(logicOf(one)).toBeDefined();
    expect(logicOf(other)).not.toBe(logicOf(one));
  });

  it('is told where a helper is called with another variable', () => {
    const script = (second: string) =>
      `const u = 1; const v = 2; const times = (n) => $root((x) => n * x); const a = () => times(u), b = () => times(${second});
      a();`;
    expect(logicOf(script('v'))).not.toBe(logicOf(script('u')));
  });

  it('is told of that operator alone which it belongs to', () => {
    const script = (a: number, b: number) =>
      `const times = (n) => (x) => n * x;\n$root('a', times(${a}));\n$root('b', times(${b}));`;
    const [before, after] = [logicIn(script(2, 3)), logicIn(script(2, 4))];
    expect(after['a']).toBe(before['a']);
    expect(after['b']).not.toBe(before['b']);
  });
});

describe('logic that cannot be traced', () => {
  it.each([
    ['what the engine has made', '$root(Math.max)'],
    ['a bound function', '$root(((x) => x).bind(null))'],
    ['what depends on this', '({ n: 1, run() { $root((x) => x + this.n); } }).run()'],
    ['what depends on how a method was called', 'const o = { run(n) { $root((x) => x + n); } }; o.run(1)'],
    ['what depends on arguments that are spread', 'const f = (n) => $root((x) => x + n); f(...[1])'],
  ])('is unknown: %s', (_name, script) => {
    expect(logicIn(script)).toEqual({});
  });

  it('is unknown of that operator alone', () => {
    expect(Object.keys(logicIn("$root('a', Math.max);\n$root('b', (x) => x);"))).toEqual(['b']);
  });

  it('is unknown, and ends, where code is nested too deeply or refers to itself', () => {
    const deep = `${'['.repeat(3_000)}${']'.repeat(3_000)}`;
    expect(Object.keys(logicIn(`const f = () => g(); const g = () => f();\n$root('a', f);`))).toEqual(['a']);
    expect(() => logicIn(`$root('a', (x) => ${deep});`)).not.toThrow(TypeError);
  });
});
