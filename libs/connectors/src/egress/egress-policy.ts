import { lookup } from 'node:dns/promises';
import { connect, isIP, type Socket } from 'node:net';
import { isClosed, plainAddress } from './addresses.js';
import { matches, parseEgressRule, type EgressRule } from './egress-rule.js';

export interface EgressRules {
  /** Opens what is closed by default: `host`, `address` or `network/prefix`, each with `:port` or without. */
  readonly allow: readonly string[];
  /** Wins over everything, by name as well as by address: the service's own database, API and queue. */
  readonly deny: readonly string[];
}

export interface Destination {
  readonly host: string;
  readonly port: number;
}

export type Judged =
  { readonly outcome: 'allowed'; readonly addresses: readonly string[] } | { readonly outcome: 'denied' };
export type Connected = { readonly outcome: 'connected'; readonly socket: Socket } | { readonly outcome: 'denied' };

/** Every address of a name. Throws as `dns.lookup` does. */
export type Resolve = (host: string) => Promise<readonly string[]>;

const resolveByDns: Resolve = async (host) => (await lookup(host, { all: true })).map(({ address }) => address);

/**
 * Where the runner may connect to on behalf of a job. A name is resolved once; each of its addresses is judged; the
 * connection goes to a judged address, never to the name, and its far end is judged again.
 */
export class EgressPolicy {
  private readonly allow: readonly EgressRule[];
  private readonly deny: readonly EgressRule[];

  /** Throws for a rule that cannot be understood. */
  constructor(
    rules: EgressRules,
    private readonly resolve: Resolve = resolveByDns,
  ) {
    this.allow = rules.allow.map(parseEgressRule);
    this.deny = rules.deny.map(parseEgressRule);
  }

  /** One forbidden address among several denies the name: which one would be taken is up to whoever answers. */
  async judge({ host, port }: Destination): Promise<Judged> {
    const addresses = await this.addressesOf(host);
    const denied = await this.deniedAddresses();
    const allowed =
      addresses.length > 0 && addresses.every((address) => this.mayReach({ host, address, port }, denied));
    return allowed ? { outcome: 'allowed', addresses } : { outcome: 'denied' };
  }

  /** Throws when the destination is allowed and cannot be reached. */
  async connect(
    destination: Destination,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ): Promise<Connected> {
    const judged = await this.judge(destination);
    if (judged.outcome === 'denied') return judged;
    let failure: unknown;
    for (const address of judged.addresses) {
      try {
        const socket = await open({ host: address, port: destination.port }, options);
        if (socket.remoteAddress !== undefined && plainAddress(socket.remoteAddress) === address)
          return { outcome: 'connected', socket };
        socket.destroy();
        return { outcome: 'denied' };
      } catch (error) {
        failure = error;
        if (options.signal?.aborted === true) break;
      }
    }
    throw failure;
  }

  private mayReach(
    asked: { readonly host: string; readonly address: string; readonly port: number },
    denied: readonly { readonly address: string; readonly port: number | undefined }[],
  ): boolean {
    if (this.deny.some((rule) => matches(rule, asked))) return false;
    if (denied.some(({ address, port }) => address === asked.address && (port === undefined || port === asked.port)))
      return false;
    return !isClosed(asked.address) || this.allow.some((rule) => matches(rule, asked));
  }

  /** A host that is denied by name is denied by its addresses too, or any other name for it would be a way in. */
  private async deniedAddresses(): Promise<readonly { readonly address: string; readonly port: number | undefined }[]> {
    const found = await Promise.all(
      this.deny.map(async (rule) => {
        if (rule.kind !== 'host') return [];
        // A name that does not resolve now has no address to hide behind.
        const addresses = await this.addressesOf(rule.host).catch((): readonly string[] => []);
        return addresses.map((address) => ({ address, port: rule.port }));
      }),
    );
    return found.flat();
  }

  private async addressesOf(host: string): Promise<readonly string[]> {
    const bare = plainAddress(host);
    const addresses = isIP(bare) === 0 ? await this.resolve(host) : [bare];
    return addresses.map(plainAddress);
  }
}

function open(
  address: Destination,
  options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const timeout = AbortSignal.timeout(options.timeoutMs);
    const signal = options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]);
    const socket = connect(address);
    const abort = (): void =>
      void socket.destroy(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    signal.addEventListener('abort', abort, { once: true });
    socket.once('connect', () => {
      signal.removeEventListener('abort', abort);
      socket.removeListener('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
    if (signal.aborted) abort();
  });
}
