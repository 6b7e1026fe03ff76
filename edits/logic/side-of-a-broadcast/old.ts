import { defineJob, files, toFiles } from '@tidemark/streams';

interface Login {
  readonly user: string;
  readonly country: string;
}

interface Rule {
  readonly country: string;
  readonly isBlocked: boolean;
}

/** Logins from countries that are blocked at the time. */
export default defineJob({ name: 'broadcast', batchInterval: '1 s' }, (job) => {
  const rules = job.source('rules', files<Rule>({ path: 'rules' }));

  job
    .source('logins', files<Login>({ path: 'logins' }))
    .withBroadcast('blocked', rules, {
      initial: [] as readonly string[],
      update: (blocked, { country, isBlocked }) => [
        ...blocked.filter((other) => other !== country),
        ...(isBlocked ? [country] : []),
      ],
      apply: (login, blocked) => (blocked.includes(login.country) ? [login] : []),
    })
    .to('out', toFiles({ path: 'alarms' }));
});
