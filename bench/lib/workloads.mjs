/**
 * What is measured: bench/jobs/<name>.ts against bench/yardsticks/<name>.mjs, or the `yardstick` that it shares with another.
 * `sources` are the uids of the job's sources and, below bench/ in the tenant's files, the folders that they read. `keyed`
 * workloads are run with each number of keys; an `extra` one with the middle number alone, and not in a quick run. Of one that
 * `slides`, there is also the yardstick that one would write first.
 */
export const WORKLOADS = [
  { name: 'filter-map', title: 'filter + map, JSON to JSON', sources: ['events'], keyed: false },
  { name: 'aggregate', title: 'keyed aggregate (count, sum)', sources: ['events'], keyed: true },
  {
    name: 'aggregate-no-schema',
    title: 'the same aggregate, no schema',
    sources: ['events'],
    keyed: true,
    yardstick: 'aggregate',
    extra: true,
  },
  { name: 'fold', title: "keyed fold, the tenant's closure", sources: ['events'], keyed: true },
  { name: 'update-state', title: "updateStateByKey, the tenant's closure", sources: ['events'], keyed: true },
  { name: 'tumbling-sum', title: 'tumbling event-time sum', sources: ['events'], keyed: true },
  {
    name: 'sliding-sum',
    title: 'sliding event-time sum, 60 panes',
    sources: ['events'],
    keyed: true,
    slides: { everyMs: 1_000, naive: 'sliding-sum-panes' },
  },
  { name: 'interval-join', title: 'interval join', sources: ['left', 'right'], keyed: true },
];

const workloadOf = (name) => WORKLOADS.find((workload) => workload.name === name);

export const titleOf = (name) => workloadOf(name)?.title ?? name;

export const isExtra = (name) => workloadOf(name)?.extra === true;
