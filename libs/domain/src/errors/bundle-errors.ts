import type { ErrorSpec } from './error-spec.js';

/** Of bundles that are not taken. */
export const BUNDLE_ERRORS = {
  bundle_not_javascript: {
    kind: 'invalid',
    fault: 'user',
    retry: 'never',
    say: (p: { reason: string; at: string }) => `The bundle is not valid JavaScript: ${p.reason} (${p.at}).`,
  },
  bundle_defines_no_job: {
    kind: 'invalid',
    fault: 'user',
    retry: 'never',
    say: (p: { reason: string }) => `The bundle does not define a job: ${p.reason}.`,
  },
  bundle_threw: {
    kind: 'invalid',
    fault: 'user',
    retry: 'never',
    say: (p: { reason: string; at: string }) => `The bundle threw while defining its job: ${p.reason} (${p.at}).`,
  },
  bundle_map_too_large: {
    kind: 'invalid',
    fault: 'user',
    retry: 'never',
    say: (p: { what: string; found: number; max: number }) =>
      `The bundle's source map has ${p.found} ${p.what}; at most ${p.max} are read. ` +
      'Make a smaller map, or upload the bundle without one: errors then name places of the bundle.',
  },
} as const satisfies Record<string, ErrorSpec>;
