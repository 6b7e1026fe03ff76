import type { ErrorSpec } from './error-spec.js';

/** Of upgrades and of state that is taken over. */
export const UPGRADE_ERRORS = {
  upgrade_refused: {
    kind: 'conflict',
    fault: 'user',
    retry: 'never',
    say: (p: { jobId: string; objections: readonly string[] }) =>
      `The revision was not deployed, and job ${p.jobId} goes on as it is: ${p.objections.join('; ')}.`,
  },
  upgrade_operator_unknown: {
    kind: 'invalid',
    fault: 'user',
    retry: 'never',
    say: (p: { uid: string; option: 'renames' | 'resets'; operators: readonly string[] }) =>
      `The new code keeps no state under "${p.uid}", which "${p.option}" names; it keeps state under ` +
      (p.operators.length === 0 ? 'no uid at all' : `"${p.operators.join('", "')}"`) +
      `. Mend the uid, or leave it out.`,
  },
  upgrade_plan_outdated: {
    kind: 'conflict',
    fault: 'user',
    retry: 'never',
    say: (p: { jobId: string; outcome: string }) =>
      `Job ${p.jobId} has changed since the plan was made: it would not come out the same now (it would ${p.outcome}). Make a new plan.`,
  },
  upgrade_nothing_waits: {
    kind: 'conflict',
    fault: 'user',
    retry: 'never',
    say: (p: { jobId: string }) => `No revision of job ${p.jobId} waits for a decision. Deploy one first.`,
  },
  revision_unhealthy: {
    kind: 'conflict',
    fault: 'user',
    retry: 'never',
    say: (p: { revision: number; reason: string }) =>
      `Revision ${p.revision} is worse than the one before it: ${p.reason}. The job went back to that one by itself.`,
  },
  state_conversion_failed: {
    kind: 'conflict',
    fault: 'user',
    retry: 'never',
    say: (p: { operator: string; key: string; reason: string }) =>
      `The state of "${p.operator}" for key ${p.key} cannot be taken over: ${p.reason}. Nothing of the checkpoint was changed; mend the job's code and deploy it again.`,
  },
} as const satisfies Record<string, ErrorSpec>;
