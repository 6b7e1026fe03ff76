import { doomedCheckpoints } from '../database/retention.js';
import type { Mutation } from '../world/world.js';
import { around } from './around.js';

type Wrap = NonNullable<Mutation['scheduler']>;

/** However few are left. */
export const keepsNone: Wrap = (parts) => {
  const { scheduling } = parts;
  const retireCheckpoints = () => scheduling.retireCheckpoints({ perTimeline: 0 });
  return { ...parts, scheduling: around(scheduling, { retireCheckpoints }) };
};

/** Objects go first, and the row says nothing until they are gone. */
export const collectsWithoutTombstone: Wrap = (parts, { database }) => {
  const { scheduling } = parts;
  const calls = {
    retireCheckpoints: async ({ perTimeline }: { readonly perTimeline: number }) => {
      const { checkpoints } = database.tables;
      return doomedCheckpoints(database, perTimeline).flatMap(({ id }) => {
        const row = checkpoints.get(id);
        return row === undefined ? [] : [{ id, path: row.path }];
      });
    },
    forgetCheckpoints: async (ids: Parameters<typeof scheduling.forgetCheckpoints>[0]) => {
      for (const id of ids) database.tables.checkpoints.delete(id);
    },
  };
  return { ...parts, scheduling: around(scheduling, calls) };
};

/** What is no complete checkpoint's is nobody's, at once. */
export const sweepsWithoutGrace: Wrap = (parts, { database }) => {
  const { upkeep } = parts;
  const noteOrphans: typeof upkeep.noteOrphans = async ({ groups, part }) => {
    const complete = [...database.tables.checkpoints.values()].filter(({ status }) => status === 'complete');
    const known = new Set(complete.map(({ path }) => path));
    return part === 'checkpoints' ? groups.filter(({ path }) => !known.has(path)) : [];
  };
  return { ...parts, upkeep: around(upkeep, { noteOrphans }) };
};

/** What was sent is not taken out, and is sent again and again. */
export const sendsForEver: Wrap = (parts) => ({
  ...parts,
  scheduling: around(parts.scheduling, { removeFromOutbox: () => Promise.resolve() }),
});

/** Nobody looks for jobs whose runner is gone. */
export const freesNobody: Wrap = (parts) => ({
  ...parts,
  scheduling: around(parts.scheduling, { endLostRuns: () => Promise.resolve([]) }),
});

/** Whatever is read back is taken for damaged. */
export const callsUnreadable: Wrap = (parts) => {
  const { upkeep } = parts;
  const noteVerified: typeof upkeep.noteVerified = async (id) => void (await upkeep.markUnreadable(id, 'x'));
  return { ...parts, upkeep: around(upkeep, { noteVerified }) };
};
