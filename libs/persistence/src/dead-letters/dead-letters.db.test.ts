import type { ClaimedRun, DeadLetterId, NewDeadLetter, TenantId } from '@tidemark/domain';
import { postgresTest } from '@tidemark/testing';
import { describe, expect } from 'vitest';
import { aSubmittedJob, claimNext, stores } from '../testing.js';
import { pruneLetters } from './run-letters.js';
import { aLetter, aPlan, aRunningJob, backTo, BY, commitOf, idOf } from './testing/running-job.js';

describe('a commit with dead letters', () => {
  postgresTest('writes them, and says of the batch that it leaves those records out', async ({ dataSource }) => {
    const { jobId, tenantId, letters, batch, runs, fence } = await aRunningJob(dataSource);
    const long = aLetter(7, { bytes: new Uint8Array([0, 255, 10]), bytesTotal: 70_000, reason: 'bad \0 text' });
    expect(await batch(aPlan(1), [aLetter(3), long])).toEqual(['planned', 'committed']);

    const listed = await letters.list(jobId, {}, { limit: 10 });
    expect(listed).toMatchObject([
      {
        offset: 7,
        batchId: 1,
        timeline: 1,
        status: 'waiting',
        isCut: true,
        bytesTotal: 70_000,
        reason: 'bad \ufffd text',
      },
      { offset: 3, source: 'in', partition: 'p', code: 'record_unreadable', isCut: false, returns: 0 },
    ]);
    const found = await letters.find(jobId, idOf(listed[0]));
    expect([...(found?.bytes ?? [])]).toEqual([0, 255, 10]);
    const events = await stores(dataSource).jobs.forTenant(tenantId).listEvents(jobId, { limit: 10 });
    expect(events.filter(({ type }) => type === 'record.dead_lettered').map(({ data }) => data)).toMatchObject([
      { batchId: 1, count: 2, first: [{ offset: 3 }, { offset: 7, code: 'record_unreadable' }] },
    ]);
    const [logged] = await runs.readBatches(fence, 1, 0);
    expect(logged?.setAside).toEqual([3, 7].map((offset) => ({ source: 'in', partition: 'p', offset, timeline: 1 })));
  });

  postgresTest(
    'writes none of a run that has lost the job, and each once however often it is sent',
    async ({ dataSource }) => {
      const { batch, list, fence, runs } = await aRunningJob(dataSource);
      const plan = aPlan(1);
      await runs.writeBatch(fence, { kind: 'plan', plan });
      const late = { ...fence, epoch: fence.epoch - 1 };
      const commit = { kind: 'commit', commit: commitOf(plan, [aLetter(3)]), next: undefined } as const;
      expect(await runs.writeBatch(late, commit)).toEqual({ outcome: 'fenced' });
      expect(await list()).toEqual([]);

      expect(await runs.writeBatch(fence, commit)).toMatchObject({ outcome: 'committed' });
      expect(await runs.writeBatch(fence, commit)).toEqual({ outcome: 'fenced' });
      expect(await list()).toEqual([[3, 1, 'waiting']]);
      await batch(aPlan(2), [aLetter(13)]);
      expect(await list()).toEqual([
        [13, 1, 'waiting'],
        [3, 1, 'waiting'],
      ]);
    },
  );

  postgresTest('is written whole or not at all', async ({ dataSource }) => {
    const { list, fence, runs } = await aRunningJob(dataSource);
    const plan = aPlan(1);
    await runs.writeBatch(fence, { kind: 'plan', plan });
    await dataSource.query(`ALTER TABLE dead_letters ADD CONSTRAINT none CHECK (record_offset <> 4)`);
    const commit = { kind: 'commit', commit: commitOf(plan, [aLetter(3), aLetter(4)]), next: undefined } as const;
    await expect(runs.writeBatch(fence, commit)).rejects.toThrow('none');
    expect(await list()).toEqual([]);
    expect((await runs.readBatches(fence, 1, 0))[0]?.nextOffsets).toBeUndefined();
  });

  postgresTest('shares its statement with commits of other jobs that have none', async ({ dataSource }) => {
    const one = await aRunningJob(dataSource);
    await aSubmittedJob(dataSource, one.tenantId);
    const other = await claimNext(stores(dataSource), one.runnerId);
    await aSubmittedJob(dataSource, one.tenantId);
    const first = await claimNext(stores(dataSource), one.runnerId);
    const write = async (fence: ClaimedRun['fence'], letters: readonly NewDeadLetter[]) => {
      await one.runs.writeBatch(fence, { kind: 'plan', plan: aPlan(1) });
      return one.runs.writeBatch(fence, { kind: 'commit', commit: commitOf(aPlan(1), letters), next: aPlan(2) });
    };
    // While the first is written, alone, the others gather.
    const written = await Promise.all([write(first.fence, []), write(one.fence, [aLetter(3)]), write(other.fence, [])]);
    expect(written).toMatchObject([
      { outcome: 'committed', nextPlanned: true },
      { outcome: 'committed', nextPlanned: true },
      { outcome: 'committed', nextPlanned: true },
    ]);
    expect(await one.list()).toEqual([[3, 1, 'waiting']]);
  });
});

describe('a record at which the code of a batch threw', () => {
  const poison = { ...aLetter(3), code: 'job_code_threw' as const };
  const record = { source: 'in', partition: 'p', offset: 3, timeline: 1, code: poison.code, reason: 'no JSON' };

  postgresTest('is left out by the batch from then on, whoever runs it', async ({ dataSource }) => {
    const { runs, fence, scheduling, runnerId } = await aRunningJob(dataSource);
    await runs.writeBatch(fence, { kind: 'plan', plan: aPlan(1) });
    expect(await runs.setAside(fence, aPlan(1), [record], { isSettled: false })).toBe('done');
    expect(await runs.end(fence, { kind: 'run_again', code: record.code, reason: 'again' })).toBe('done');

    const next = await claimNext({ runs, scheduling }, runnerId);
    expect(await runs.readBatches(next.fence, 1, 0)).toMatchObject([{ plan: aPlan(1), setAside: [record] }]);
  });

  postgresTest('is the last one once the batch is settled', async ({ dataSource }) => {
    const { runs, fence } = await aRunningJob(dataSource);
    await runs.writeBatch(fence, { kind: 'plan', plan: aPlan(1) });
    const settled = async () =>
      (await runs.readBatches(fence, 1, 0)).map(({ setAside, isSettled }) => [setAside, isSettled]);
    await runs.setAside(fence, aPlan(1), [record], { isSettled: false });
    expect(await settled()).toEqual([[[record], undefined]]);
    await runs.setAside(fence, aPlan(1), [], { isSettled: true });
    expect(await settled()).toEqual([[[record], true]]);
  });

  postgresTest(
    'is not left out by order of a run that has lost the job, nor of a batch that is committed',
    async ({ dataSource }) => {
      const { runs, fence, batch } = await aRunningJob(dataSource);
      await batch(aPlan(1));
      expect(await runs.setAside(fence, aPlan(1), [record], { isSettled: false })).toBe('fenced');
      await runs.writeBatch(fence, { kind: 'plan', plan: aPlan(2) });
      expect(await runs.setAside({ ...fence, epoch: fence.epoch - 1 }, aPlan(2), [record], { isSettled: false })).toBe(
        'fenced',
      );
      expect((await runs.readBatches(fence, 1, 0)).map(({ setAside }) => setAside)).toEqual([undefined, undefined]);
    },
  );

  postgresTest('is looked for over many runs, until it is left out', async ({ dataSource }) => {
    const { runs, fence } = await aRunningJob(dataSource);
    await runs.writeBatch(fence, { kind: 'plan', plan: aPlan(1) });
    const search = { tries: 3, good: 0, bad: 40, why: { code: 'job_over_cpu' as const, reason: 'It hung.' } };
    expect(await runs.noteSearch(fence, aPlan(1), search)).toBe('done');
    expect(await runs.noteSearch({ ...fence, epoch: 0 }, aPlan(1), { ...search, tries: 9 })).toBe('fenced');
    expect(await runs.readBatches(fence, 1, 0)).toMatchObject([{ search, setAside: undefined }]);

    await runs.setAside(fence, aPlan(1), [record], { isSettled: false });
    expect(await runs.readBatches(fence, 1, 0)).toMatchObject([{ search: undefined, setAside: [record] }]);
  });

  postgresTest('does not count as a start that came to nothing', async ({ dataSource }) => {
    const { jobId, tenantId, runs, fence } = await aRunningJob(dataSource);
    await runs.end(fence, { kind: 'run_again', code: record.code, reason: 'again' });
    const job = await stores(dataSource).jobs.forTenant(tenantId).find(jobId);
    expect(job).toMatchObject({ status: 'scheduled', attempts: 0 });
  });
});

describe('dead letters that are re-driven', () => {
  postgresTest('become part of one plan, and are settled by its commit', async ({ dataSource }) => {
    const { jobId, letters, batch, runs, fence, list } = await aRunningJob(dataSource);
    await batch(aPlan(1), [aLetter(3), aLetter(4)]);
    expect(await letters.redrive(jobId, { all: {} }, BY)).toMatchObject({ outcome: 'ordered', letters: 2 });
    const asked = await runs.writeBatch(fence, { kind: 'plan', plan: aPlan(2) });
    expect(asked).toMatchObject({ orders: { redrive: true } });
    await runs.writeBatch(fence, { kind: 'commit', commit: commitOf(aPlan(2)), next: undefined });

    const redriven = await runs.recordsToRedrive(fence, ['in']);
    expect(redriven.map(({ offset, bytes }) => [offset, new TextDecoder().decode(bytes)])).toEqual([
      [3, 'record 3'],
      [4, 'record 4'],
    ]);
    // The second is set aside again.
    expect(await batch(aPlan(3, { redriven }), [aLetter(4, { reason: 'still' })])).toEqual(['planned', 'committed']);
    expect(await list()).toEqual([
      [3, 1, 'redriven'],
      [4, 1, 'waiting'],
    ]);
    const [again, done] = await letters.list(jobId, {}, { limit: 2 });
    expect(again).toMatchObject({ offset: 4, returns: 1, reason: 'still', batchId: 1, redrivenBy: undefined });
    expect(done).toMatchObject({ offset: 3, returns: 0, redrivenBy: { timeline: 1, batchId: 3 } });

    expect(await runs.recordsToRedrive(fence, ['in'])).toEqual([]);
    const planned = await runs.writeBatch(fence, { kind: 'plan', plan: aPlan(4) });
    expect(planned).toMatchObject({ orders: { redrive: false } });
  });

  postgresTest('come with the plan, with their bytes, to whoever runs the batch again', async ({ dataSource }) => {
    const { jobId, letters, batch, runs, fence, list } = await aRunningJob(dataSource);
    await batch(aPlan(1), [aLetter(3)]);
    await letters.redrive(jobId, { all: {} }, BY);
    const redriven = await runs.recordsToRedrive(fence, ['in']);
    await runs.writeBatch(fence, { kind: 'plan', plan: aPlan(2, { redriven }) });

    const [logged] = await runs.readBatches(fence, 1, 1);
    expect(
      logged?.plan.redriven?.map(({ offset, timeline, bytes }) => [offset, timeline, new TextDecoder().decode(bytes)]),
    ).toEqual([[3, 1, 'record 3']]);
    expect(await list()).toEqual([[3, 1, 'redriving']]);
    expect(await letters.discard(jobId, { all: {} }, BY)).toMatchObject({ letters: 0 });
  });

  postgresTest('wait again where the job has no such source any more', async ({ dataSource }) => {
    const { jobId, letters, batch, runs, fence, list } = await aRunningJob(dataSource);
    await batch(aPlan(1), [aLetter(3)]);
    await letters.redrive(jobId, { all: {} }, BY);
    expect(await runs.recordsToRedrive(fence, ['another'])).toEqual([]);
    expect(await list()).toEqual([[3, 1, 'waiting']]);
  });

  postgresTest('are not done by a batch whose code has their source no more', async ({ dataSource }) => {
    const { jobId, letters, batch, runs, fence, list } = await aRunningJob(dataSource);
    await batch(aPlan(1), [aLetter(3), aLetter(4, { source: 'other' })]);
    const manifest = { nodes: ['in', 'other'].map((uid) => ({ kind: 'source', uid })) };
    await dataSource.query('UPDATE bundles SET manifest = manifest || $1', [JSON.stringify(manifest)]);
    await letters.redrive(jobId, { all: {} }, BY);
    await batch(aPlan(2, { redriven: await runs.recordsToRedrive(fence, ['in', 'other']) }));
    expect(await list()).toEqual([
      [3, 1, 'redriven'],
      [4, 1, 'redriving'],
    ]);
    const has = [1, 2].map((batchId) => letters.hasRedriven(jobId, { timeline: 1, batchId }));
    expect(await Promise.all(has)).toEqual([false, true]);
  });

  postgresTest('are those that can be, and the answer says why others are not', async ({ dataSource }) => {
    const { jobId, letters, batch } = await aRunningJob(dataSource);
    await batch(aPlan(1), [aLetter(1), aLetter(2, { bytesTotal: 1e6 }), aLetter(3, { source: 'gone' }), aLetter(4)]);
    const ids = new Map((await letters.list(jobId, {}, { limit: 9 })).map(({ offset, id }) => [offset, id] as const));
    const of = (...offsets: readonly number[]) => ({ ids: offsets.map((offset) => ids.get(offset)!) });
    await letters.discard(jobId, of(4), BY);

    const nothing = { settled: 0, leftBehind: 0, cut: 0, sourceGone: 0 };
    expect(await letters.redrive(jobId, of(1, 2, 3, 4), BY)).toEqual({
      ...{ outcome: 'ordered', letters: 1 },
      passedOver: { ...nothing, settled: 1, cut: 1, sourceGone: 1 },
    });
    expect(await letters.redrive(jobId, of(1), BY)).toMatchObject({ letters: 0, passedOver: { settled: 1 } });
    const unknown = 'dlt_00000000000000000000000000000000' as DeadLetterId;
    expect(await letters.redrive(jobId, { ids: [unknown] }, BY)).toEqual({ outcome: 'letter_not_found', id: unknown });
  });

  postgresTest('are of the tenant alone', async ({ dataSource }) => {
    const { jobId, letters, batch } = await aRunningJob(dataSource);
    await batch(aPlan(1), [aLetter(1)]);
    const [letter] = await letters.list(jobId, {}, { limit: 9 });
    const id = idOf(letter);
    const others = stores(dataSource).deadLetters.forTenant('tnt_0' as TenantId);
    expect(await others.list(jobId, {}, { limit: 9 })).toEqual([]);
    expect(await others.find(jobId, id)).toBeUndefined();
    expect(await others.redrive(jobId, { all: {} }, BY)).toEqual({ outcome: 'not_found' });
    expect(await others.discard(jobId, { ids: [id] }, BY)).toEqual({ outcome: 'not_found' });
  });
});

describe('dead letters of a job that was taken back', () => {
  postgresTest(
    'are left behind with the batches that set them aside, and come again with those',
    async ({ dataSource }) => {
      const { jobId, letters, batch, claimed, list } = await aRunningJob(dataSource);
      await batch(aPlan(1), [aLetter(1)]);
      await batch(aPlan(2), [aLetter(12)]);
      const timeline = await backTo(dataSource, claimed, { timeline: 1, batchId: 1 });
      expect(await letters.redrive(jobId, { all: {} }, BY)).toMatchObject({ letters: 1 });
      await batch(aPlan(2, { timeline }), [aLetter(12, { timeline })]);
      expect(await list()).toEqual([
        [1, 1, 'redriving'],
        [12, 1, 'left_behind'],
        [12, 2, 'waiting'],
      ]);

      await backTo(dataSource, claimed, { timeline: 1, batchId: 2 });
      expect(await list()).toEqual([
        [1, 1, 'redriving'],
        [12, 1, 'waiting'],
        [12, 2, 'left_behind'],
      ]);
    },
  );

  postgresTest('wait again where the batch that has re-driven them was taken back', async ({ dataSource }) => {
    const { jobId, letters, batch, claimed, list, runs, fence } = await aRunningJob(dataSource);
    await batch(aPlan(1), [aLetter(1)]);
    await letters.redrive(jobId, { all: {} }, BY);
    await batch(aPlan(2, { redriven: await runs.recordsToRedrive(fence, ['in']) }));
    expect(await list()).toEqual([[1, 1, 'redriven']]);
    expect(await runs.deadLettersWaiting(fence)).toBe(0);

    const timeline = await backTo(dataSource, claimed, { timeline: 1, batchId: 1 });
    expect(await list()).toEqual([[1, 1, 'waiting']]);
    expect(await runs.deadLettersWaiting(fence)).toBe(1);

    await letters.redrive(jobId, { all: {} }, BY);
    await batch(aPlan(2, { timeline, redriven: await runs.recordsToRedrive(fence, ['in']) }));
    expect(await letters.list(jobId, {}, { limit: 9 })).toMatchObject([
      { status: 'redriven', redrivenBy: { timeline: 2, batchId: 2 } },
    ]);
  });
});

describe('keeping dead letters', () => {
  postgresTest('keeps all that wait, and the newest of those that do not', async ({ dataSource }) => {
    const { jobId, letters, batch, list } = await aRunningJob(dataSource);
    await batch(
      aPlan(1),
      [1, 2, 3, 4, 5].map((offset) => aLetter(offset)),
    );
    const ids = (await letters.list(jobId, {}, { limit: 9 })).filter(({ offset }) => offset < 5).map(({ id }) => id);
    await letters.discard(jobId, { ids }, BY);

    await pruneLetters(dataSource.manager, 2);
    expect(await list()).toEqual([
      [3, 1, 'discarded'],
      [4, 1, 'discarded'],
      [5, 1, 'waiting'],
    ]);
  });

  postgresTest('lists them in pages, by source, by code and by what they are', async ({ dataSource }) => {
    const { jobId, letters, batch } = await aRunningJob(dataSource);
    await batch(aPlan(1), [aLetter(1), aLetter(2, { code: 'job_code_threw' }), aLetter(3, { source: 'other' })]);
    const offsets = async (
      ...[filter, page]: [Parameters<typeof letters.list>[1], Parameters<typeof letters.list>[2]]
    ) => (await letters.list(jobId, filter, page)).map(({ offset }) => offset);
    const [first] = await letters.list(jobId, {}, { limit: 1 });
    expect(await offsets({}, { limit: 1, after: idOf(first) })).toEqual([2]);
    expect(await offsets({ source: 'other' }, { limit: 9 })).toEqual([3]);
    expect(await offsets({ code: 'job_code_threw' }, { limit: 9 })).toEqual([2]);
    expect(await offsets({ status: 'redriven' }, { limit: 9 })).toEqual([]);
    expect(await offsets({ status: 'waiting' }, { limit: 2 })).toEqual([3, 2]);
  });
});
