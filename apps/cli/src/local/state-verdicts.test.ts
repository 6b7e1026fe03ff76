import type { Checkpoint, Revision } from '@tidemark/sdk';
import { expect, it } from 'vitest';
import { optionsOfRevision } from './state-verdicts.js';

it('what was said of a deployment is not said of the state that came after it', () => {
  const said = { renames: { old: 'new' }, drops: [], resets: ['recent'] };
  const options = optionsOfRevision({ number: 3, upgrade: said } as unknown as Revision);
  expect(options({ revision: 2 } as Checkpoint)).toEqual(said);
  expect(options({ revision: 3 } as Checkpoint)).toEqual({ renames: {}, drops: [], resets: [] });
});
