import { ConfigError } from '@tidemark/config';
import { TidemarkError } from '@tidemark/domain';

const PROTOCOL = 'http/protobuf';

export type Environment = { readonly [name: string]: string | undefined };

/**
 * Whether the standard variables want a signal sent from here. Throws `not_built` where they do, over another protocol than
 * `http/protobuf`, and `ConfigError` where the endpoint is none.
 */
export function isExported(signal: 'TRACES' | 'METRICS', env: Environment): boolean {
  if (env['OTEL_SDK_DISABLED'] === 'true' || env[`OTEL_${signal}_EXPORTER`] === 'none') return false;
  const [name, endpoint = ''] = firstSet(env, [`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`, 'OTEL_EXPORTER_OTLP_ENDPOINT']);
  if (name === undefined) return false;
  if (!/^https?:$/.test(URL.parse(endpoint)?.protocol ?? ''))
    throw new ConfigError([`${name} must be a URL, with http or https`]);
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
