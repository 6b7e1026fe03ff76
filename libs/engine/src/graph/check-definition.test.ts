import { files, type JobDefinition } from '@tidemark/streams';
import { describe, expect, it } from 'vitest';
import { checkDefinition, type DefinitionProblem } from './check-definition.js';
import { aJob, input, toOut } from './testing/run-job.js';

const simple = (): JobDefinition =>
  aJob((job) => {
    input(job)
      .map((record) => record)
      .to('out', toOut);
  });

function problemsOf(value: unknown): readonly DefinitionProblem[] {
  const checked = checkDefinition(value);
  return checked.outcome === 'invalid' ? checked.problems : [];
}

const changed = (change: (definition: never) => void): unknown => {
  const definition = simple();
  change(definition as never);
  return definition;
};

describe('a definition that is right', () => {
  it('becomes a manifest without its functions', () => {
    const checked = checkDefinition(
      aJob((job) => {
        const keyed = input<{ k: string }>(job).keyBy(({ k }) => k);
        keyed.reduceByKeyAndWindow('recent', { window: '4 s', slide: '2 s', reduce: (a) => a }).to('out', toOut);
        keyed.updateStateByKey('totals', () => 1).to('totals-out', toOut);
      }),
    );
    expect(checked).toMatchObject({
      outcome: 'valid',
      manifest: {
        definition: 1,
        name: 'test',
        batchIntervalMs: 1_000,
        poison: 'fail',
        nodes: [
          { id: 0, kind: 'source', uid: 'in', connector: 'files', options: { path: 'in', format: 'json' } },
          { id: 1, kind: 'keyBy', uid: undefined, inputs: [0] },
          { id: 2, kind: 'reduceByKeyAndWindow', uid: 'recent', inputs: [1] },
          { id: 3, kind: 'sink', uid: 'out', connector: 'log', inputs: [2] },
          { id: 4, kind: 'updateStateByKey' },
          { id: 5, kind: 'sink' },
        ],
        shapes: {
          recent: { kind: 'reduceByKeyAndWindow', parameters: { windowMs: 4_000, slideMs: 2_000 } },
          totals: { kind: 'updateStateByKey', codec: { name: 'json', version: 1 }, parameters: {} },
        },
      },
    });
    expect(JSON.stringify(checked)).not.toContain('functions":{"apply');
  });

  it('says of each node where the job declared it', () => {
    const checked = checkDefinition(simple());
    const ats = checked.outcome === 'valid' ? checked.manifest.nodes.map(({ at }) => at) : [];
    expect(new Set(ats).size).toBe(3);
    // The source is declared in the kit of these tests, the others in this file.
    expect(ats[0]).toMatch(/run-job\.ts:\d+:\d+$/);
    expect(ats[1]).toMatch(/check-definition\.test\.ts:\d+:\d+$/);
    expect(ats[2]).toMatch(/check-definition\.test\.ts:\d+:\d+$/);
  });
});

describe('a definition is refused', () => {
  it.each([
    ['nothing', undefined],
    ['a function', () => 1],
    ['an object of somebody else', { tidemark: 2, nodes: [] }],
    ['nodes that are no nodes', changed((d: { nodes: unknown[] }) => (d.nodes[1] = 7))],
    [
      'one whose members throw',
      {
        tidemark: 1,
        get nodes(): never {
          throw new Error('trap');
        },
      },
    ],
    [
      'one that is a trap itself',
      new Proxy(
        {},
        {
          get: () => {
            throw new Error('trap');
          },
        },
      ),
    ],
  ])('if it is %s', (_name, value) => {
    expect(problemsOf(value)).toMatchObject([{ code: 'bundle_defines_no_job' }]);
  });

  it('if it has a cycle, naming the way round', () => {
    const definition = aJob((job) => {
      input(job)
        .keyBy(() => 1)
        .updateStateByKey('loop', () => 1)
        .map((row) => row)
        .to('out', toOut);
    });
    Object.assign(definition.nodes[1] ?? {}, { inputs: [3] });
    expect(problemsOf(definition)).toMatchObject([
      { code: 'graph_has_cycle', params: { through: ['loop', 'map', 'keyBy'] } },
    ]);
  });

  it('if two nodes have one uid, naming both places', () => {
    const definition = aJob((job) => {
      input(job).to('in', toOut);
    });
    const [problem] = problemsOf(definition);
    expect(problem).toMatchObject({ code: 'graph_uid_twice', params: { uid: 'in' } });
    expect(problem?.params).toHaveProperty('at', definition.nodes[1]?.at);
    expect(problem?.params).toHaveProperty('firstAt', definition.nodes[0]?.at);
  });

  it.each([undefined, '', 7])('if an operator with state has %j for a uid', (uid) => {
    const definition = aJob((job) => {
      input(job)
        .keyBy(() => 1)
        .updateStateByKey(uid as never, () => 1)
        .to('out', toOut);
    });
    expect(problemsOf(definition)).toMatchObject([{ code: 'graph_uid_missing', params: { kind: 'updateStateByKey' } }]);
  });

  it.each(['__proto__', 'constructor', 'a b', 'a/b', '.hidden', 'x'.repeat(101)])('if a uid is %j', (uid) => {
    const definition = aJob((job) => {
      job.source(uid, files({ path: 'in' })).to('out', toOut);
    });
    expect(problemsOf(definition)).toMatchObject([{ code: 'graph_invalid' }]);
  });

  it.each([
    ['a batch interval of 4 ms', { batchInterval: 4 }, /batchInterval/],
    ['a batch interval that is none', { batchInterval: 'soon' }, /batchInterval/],
    ['a name with a space', { name: 'my job' }, /name/],
    ['an unknown poison policy', { poison: 'drop' as never }, /poison/],
  ])('if it has %s', (_name, options, reason) => {
    const definition = aJob((job) => {
      input(job).to('out', toOut);
    }, options);
    const [problem] = problemsOf(definition);
    expect(problem).toMatchObject({
      code: 'graph_invalid',
      params: { reason: expect.stringMatching(reason) as string },
    });
  });

  it.each([
    ['a slide off the batch interval', '3 s', '1500 ms', /multiple of the batch interval/],
    ['a window off its slide', '5 s', '2 s', /multiple of its slide/],
    ['a slide of nothing', '5 s', 0, /durations/],
    ['a window that is no duration', 'an hour', '1 s', /durations/],
    ['too many slides', '4 h', '1 s', /more than 10000 slides/],
  ])('if a window has %s', (_name, window, slide, reason) => {
    const definition = aJob((job) => {
      input(job).window('w', { window, slide }).to('out', toOut);
    });
    expect(problemsOf(definition)).toMatchObject([
      { code: 'graph_invalid', params: { reason: expect.stringMatching(reason) as string } },
    ]);
  });

  it.each([
    ['an unknown kind', (d: { nodes: { kind: string }[] }) => ((d.nodes[1] as { kind: string }).kind = 'constructor')],
    [
      'an input that does not exist',
      (d: { nodes: { inputs: number[] }[] }) => (d.nodes[2] as { inputs: number[] }).inputs.splice(0, 1, 9),
    ],
    [
      'an input too many',
      (d: { nodes: { inputs: number[] }[] }) => (d.nodes[2] as { inputs: number[] }).inputs.push(0),
    ],
    [
      'a sink as an input',
      (d: { nodes: { inputs: number[] }[] }) => (d.nodes[1] as { inputs: number[] }).inputs.splice(0, 1, 2),
    ],
    ['a node with another id', (d: { nodes: { id: number }[] }) => ((d.nodes[1] as { id: number }).id = 5)],
    ['no function', (d: { nodes: { functions: object }[] }) => ((d.nodes[1] as { functions: object }).functions = {})],
    [
      'options that are no JSON',
      (d: { nodes: { options: unknown }[] }) => ((d.nodes[0] as { options: unknown }).options = () => 1),
    ],
    [
      'options without end',
      (d: { nodes: { options: unknown }[] }) =>
        ((d.nodes[0] as { options: unknown }).options = { path: 'x'.repeat(70_000) }),
    ],
  ])('if a node has %s', (_name, change) => {
    expect(problemsOf(changed(change as never))[0]).toMatchObject({ code: 'graph_invalid' });
  });

  it.each([
    ['NUL', { path: 'a\0b' }],
    ['NUL in a name', { path: 'a', deep: [{ 'a\0': 1 }] }],
    ['half a surrogate pair', { path: 'in', deep: ['\ud800'] }],
    ['levels without end', { path: JSON.parse('['.repeat(60) + ']'.repeat(60)) as unknown }],
  ])('if the options of a node have %s', (_name, options) => {
    const change = (d: { nodes: { options: unknown }[] }) => ((d.nodes[0] as { options: unknown }).options = options);
    expect(problemsOf(changed(change as never))[0]).toMatchObject({ code: 'graph_invalid' });
  });

  it('if it has no source or no sink', () => {
    expect(problemsOf(aJob(() => undefined)).map(({ code }) => code)).toEqual(['graph_invalid', 'graph_invalid']);
  });

  it('if it has more sources than one batch has room for', () => {
    const definition = aJob((job) => {
      for (let i = 0; i < 17; i += 1) job.source(`s${i}`, files({ path: 'in' })).to(`out${i}`, toOut);
    });
    expect(problemsOf(definition)).toMatchObject([{ code: 'graph_invalid', params: { at: 'defineJob' } }]);
  });

  it('if it has more nodes than a job may have', () => {
    const definition = aJob((job) => {
      for (let i = 0; i < 1_001; i += 1) job.source(`s${i}`, files({ path: 'in' }));
    });
    expect(problemsOf(definition)[0]).toMatchObject({ code: 'graph_invalid' });
  });
});

it('copies what it has checked, so that a later change changes nothing', () => {
  const definition = simple();
  const checked = checkDefinition(definition);
  Object.assign(definition.nodes[0]?.options ?? {}, { path: 'elsewhere' });
  expect(checked).toMatchObject({ manifest: { nodes: [{ options: { path: 'in' } }, {}, {}] } });
});
