import { TidemarkError } from '@tidemark/domain';

const PROTOCOL = 'http/protobuf';

export type Environment = { readonly [name: string]: string | undefined };

/**
 * Whether the standard variables want a signal sent from here. Throws `not_built` where they do, over another protocol than
 * `http/protobuf`.
 */
export function isExported(signal: 'TRACES' | 'METRICS', env: Environment): boolean {
  if (env['OTEL_SDK_DISABLED'] === 'true' || env[`OTEL_${signal}_EXPORTER`] === 'none') return false;
  if (firstSet(env, [`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`, 'OTEL_EXPORTER_OTLP_ENDPOINT']).length === 0)
    return false;
  const [variable = '', protocol = PROTOCOL] = firstSet(env, [
    `OTEL_EXPORTER_OTLP_${signal}_PROTOCOL`,
    'OTEL_EXPORTER_OTLP_PROTOCOL',
  ]);
  if (protocol !== PROTOCOL) throw new TidemarkError('not_built', { what: `The protocol "${protocol}" (${variable})` });
  return true;
}

/** Name and value of the first variable that is set; an empty one counts as absent. */
function firstSet(env: Environment, names: readonly string[]): readonly [string, string] | readonly [] {
  for (const name of names) {
    const value = env[name];
    if (value !== undefined && value !== '') return [name, value];
  }
  return [];
}
