import { isIP, type BlockList } from 'node:net';
import { contains, networks, plainAddress } from './addresses.js';

/** One entry of an allow or deny list: `host`, `address` or `network/prefix`, each with `:port` or without. */
export type EgressRule = { readonly port: number | undefined } & (
  { readonly kind: 'network'; readonly network: BlockList } | { readonly kind: 'host'; readonly host: string }
);

const RULE = /^(?:\[(?<bracketed>[^\]]+)\]|(?<bare>[^\s[\]]+?))(?::(?<port>\d{1,5}))?$/;

/** Throws for text that is no rule; a rule that was mistyped must not pass for one that allows or denies nothing. */
export function parseEgressRule(text: string): EgressRule {
  const bareNetwork = isIP(text) === 6 ? { target: text, port: undefined } : undefined;
  const { target, port } = bareNetwork ?? split(text);
  const [address = '', prefix, ...rest] = target.split('/');
  const family = isIP(address);
  if (rest.length > 0 || (prefix !== undefined && (family === 0 || !isPrefix(prefix, family)))) throw notARule(text);
  if (family !== 0) {
    const plain = prefix === undefined ? plainAddress(address) : address;
    return { kind: 'network', network: networks([[plain, prefixOf(prefix, plain)]]), port };
  }
  if (!/^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?\.?$/.test(address)) throw notARule(text);
  return { kind: 'host', host: plainHost(address), port };
}

/** Whether the rule speaks of this address and port, asked for under this name. */
export function matches(
  rule: EgressRule,
  asked: { readonly host: string; readonly address: string; readonly port: number },
): boolean {
  if (rule.port !== undefined && rule.port !== asked.port) return false;
  return rule.kind === 'host' ? rule.host === plainHost(asked.host) : contains(rule.network, asked.address);
}

export const plainHost = (host: string): string => host.toLowerCase().replace(/\.$/, '');

function split(text: string): { readonly target: string; readonly port: number | undefined } {
  const groups = RULE.exec(text)?.groups;
  const target = groups?.['bracketed'] ?? groups?.['bare'];
  const port = groups?.['port'];
  if (target === undefined || (port !== undefined && (Number(port) < 1 || Number(port) > 65_535))) throw notARule(text);
  return { target, port: port === undefined ? undefined : Number(port) };
}

const prefixOf = (prefix: string | undefined, address: string): number =>
  prefix === undefined ? (isIP(address) === 4 ? 32 : 128) : Number(prefix);

const isPrefix = (prefix: string, family: number): boolean =>
  /^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128);

const notARule = (text: string): Error =>
  new Error(
    `"${text}" is no egress rule. A rule is a host, an address or a network such as 10.1.0.0/16, with :port or without.`,
  );
