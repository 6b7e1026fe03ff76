import { judgeState, type StateShape } from '@tidemark/domain';
import type { NodeKind } from '@tidemark/streams';
import { expect, it } from 'vitest';
import { KIND_RULES, type CheckedNode } from './checked-definition.js';
import { canConvert } from './state-versions.js';

const shape = (kind: string, names: readonly string[]): StateShape => ({
  ...{ kind, key: 'json', value: 'json', codec: { name: kind, version: 1 }, parameters: {} },
  schema: {
    type: 'object',
    properties: Object.fromEntries(names.map((name) => [name, { type: 'number', default: 0 }])),
  },
});

it.each(Object.keys(KIND_RULES) as NodeKind[])(
  'is said of %s as it is: whether its state can have another form',
  (kind) => {
    const [before, now] = [shape(kind, ['a']), shape(kind, ['a', 'b'])];
    const [verdict] = judgeState({ op: before }, { shapes: { op: now } });
    const node: CheckedNode = {
      ...{ id: 1, kind, uid: 'op', inputs: [0], connector: undefined, options: {}, functions: {}, at: 'job.ts:1:1' },
      schema: now.schema,
    };
    expect(verdict?.verdict === 'evolve').toBe(canConvert(node, { schema: before.schema, steps: [] }));
  },
);
