import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EgressPolicy, type EgressRules, type Resolve } from './egress-policy.js';

const PUBLIC = '8.8.4.4';
const PUBLIC_V6 = '2a00:1450:4001:80b::200e';

const aPolicy = (
  rules: Partial<EgressRules> = {},
  names: { readonly [host: string]: readonly string[] } = {},
): EgressPolicy => {
  const resolve: Resolve = async (host) => {
    const addresses = names[host];
    if (addresses === undefined) throw new Error(`ENOTFOUND ${host}`);
    return addresses;
  };
  return new EgressPolicy({ allow: [], deny: [], ...rules }, resolve);
};

const outcomeOf = async (policy: EgressPolicy, host: string, port = 9_999): Promise<string> =>
  (await policy.judge({ host, port })).outcome;

describe('egress without rules', () => {
  const closed = [
    ...['127.0.0.1', '127.8.9.10', '0.0.0.0', '0.1.2.3', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
    ...[
      '100.64.0.1',
      '169.254.169.254',
      '169.254.170.2',
      '192.0.0.192',
      '198.18.0.1',
      '224.0.0.1',
      '240.0.0.1',
      '255.255.255.255',
    ],
    ...[
      '[::]',
      '[::1]',
      '::1',
      '0:0:0:0:0:0:0:1',
      '[::ffff:127.0.0.1]',
      '::ffff:7f00:1',
      '::ffff:a00:1',
      '::127.0.0.1',
    ],
    ...[
      '64:ff9b::7f00:1',
      '64:ff9b::a00:1',
      '2002:7f00:1::',
      '2001:0:1::1',
      'fe80::1',
      'fe80::1%lo',
      'fc00::1',
      'fd00:ec2::254',
      'ff02::1',
      'fec0::1',
    ],
  ];
  for (const address of closed) {
    it(`is closed to ${address}`, async () => {
      expect(await outcomeOf(aPolicy(), address)).toBe('denied');
    });
  }

  for (const address of [
    PUBLIC,
    '1.1.1.1',
    '172.15.0.1',
    '172.32.0.1',
    '100.63.0.1',
    '100.128.0.1',
    `[${PUBLIC_V6}]`,
    '::ffff:808:404',
  ]) {
    it(`is open to ${address}`, async () => {
      expect(await outcomeOf(aPolicy(), address)).toBe('allowed');
    });
  }

  // These go through the resolver of the system, which takes many spellings for this machine.
  for (const host of ['localhost', 'localhost.', '127.1', '0', '2130706433', '0x7f.1', '0177.0.0.1']) {
    it(`is closed to this machine spelt "${host}"`, async () => {
      const policy = new EgressPolicy({ allow: [], deny: [] });
      const outcome = await outcomeOf(policy, host).catch(() => 'not resolved');
      expect(['denied', 'not resolved']).toContain(outcome);
    });
  }

  it('is closed to a name with one closed address among open ones', async () => {
    const policy = aPolicy({}, { mixed: [PUBLIC, '10.0.0.1'], open: [PUBLIC, PUBLIC_V6], none: [] });
    expect(await outcomeOf(policy, 'mixed')).toBe('denied');
    expect(await outcomeOf(policy, 'open')).toBe('allowed');
    expect(await outcomeOf(policy, 'none')).toBe('denied');
  });
});

describe('egress rules', () => {
  const names = { db: ['10.0.0.5'], 'DB.': ['10.0.0.5'], other: ['10.0.0.6'], feed: [PUBLIC] };
  const cases: readonly (readonly [
    rules: Partial<EgressRules>,
    host: string,
    port: number,
    outcome: 'allowed' | 'denied',
  ])[] = [
    [{ allow: ['10.0.0.0/8'] }, 'db', 1, 'allowed'],
    [{ allow: ['10.0.0.0/8:5432'] }, 'db', 5_432, 'allowed'],
    [{ allow: ['10.0.0.0/8:5432'] }, 'db', 5_433, 'denied'],
    [{ allow: ['10.0.0.5:7'] }, '10.0.0.5', 7, 'allowed'],
    [{ allow: ['10.0.0.5'] }, '::ffff:10.0.0.5', 7, 'allowed'],
    [{ allow: ['db'] }, 'DB.', 1, 'allowed'],
    [{ allow: ['db:7'] }, 'db', 7, 'allowed'],
    [{ allow: ['db:7'] }, 'db', 8, 'denied'],
    [{ allow: ['db'] }, 'other', 1, 'denied'],
    [{ allow: ['[::1]:9'] }, '::1', 9, 'allowed'],
    [{ allow: ['[::1]:9'] }, '::1', 8, 'denied'],
    [{ allow: ['::1'] }, '[::1]', 8, 'allowed'],
    [{ allow: ['[fd00::/8]:9'] }, 'fd00::7', 9, 'allowed'],
    [{ deny: ['8.8.0.0/16'] }, 'feed', 1, 'denied'],
    [{ deny: ['feed:5'] }, 'feed', 5, 'denied'],
    [{ deny: ['feed:5'] }, 'feed', 6, 'allowed'],
    [{ allow: ['0.0.0.0/0'], deny: ['10.0.0.5'] }, 'db', 1, 'denied'],
    [{ allow: ['db'], deny: ['10.0.0.0/8'] }, 'db', 1, 'denied'],
    // The service's own database, denied by name, asked for by address and by another name.
    [{ allow: ['10.0.0.0/8'], deny: ['db:5432'] }, '10.0.0.5', 5_432, 'denied'],
    [{ allow: ['10.0.0.0/8'], deny: ['db:5432'] }, '::ffff:10.0.0.5', 5_432, 'denied'],
    [{ allow: ['10.0.0.0/8'], deny: ['db:5432'] }, '10.0.0.5', 5_433, 'allowed'],
  ];
  for (const [rules, host, port, outcome] of cases) {
    it(`${JSON.stringify(rules)}: ${host}:${port} is ${outcome}`, async () => {
      expect(await outcomeOf(aPolicy(rules, names), host, port)).toBe(outcome);
    });
  }

  for (const rule of [
    '',
    'a b',
    '10.0.0.0/33',
    '10.0.0.0/x',
    '10.0.0.0/8/8',
    'host/8',
    'host:0',
    'host:70000',
    '[::1',
    '::1/129',
    'http://host',
    '*',
  ]) {
    it(`refuses "${rule}", which is no rule`, () => {
      expect(() => aPolicy({ allow: [rule] })).toThrow('is no egress rule');
    });
  }
});

describe('connecting under an egress policy', () => {
  it('goes to an address that was judged, whatever the name means a moment later', async () => {
    const server = createServer((socket) => socket.end('hello')).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    let asked = 0;
    const rebinding: Resolve = async () => {
      asked += 1;
      return asked === 1 ? ['127.0.0.1'] : ['169.254.169.254'];
    };
    const policy = new EgressPolicy({ allow: ['127.0.0.1'], deny: [] }, rebinding);

    const first = await policy.connect({ host: 'rebinds', port }, { timeoutMs: 5_000 });
    expect(first.outcome).toBe('connected');
    if (first.outcome === 'connected') {
      expect(String((await once(first.socket, 'data'))[0])).toBe('hello');
      first.socket.destroy();
    }
    expect(asked).toBe(1);
    expect((await policy.connect({ host: 'rebinds', port }, { timeoutMs: 5_000 })).outcome).toBe('denied');
  });

  it('does not even knock where it is denied', async () => {
    let knocked = false;
    const server = createServer(() => (knocked = true)).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect((await aPolicy().connect({ host: '127.0.0.1', port }, { timeoutMs: 5_000 })).outcome).toBe('denied');
    expect(knocked).toBe(false);
  });

  it('tries the next address when one does not answer', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const policy = aPolicy({ allow: ['127.0.0.0/8'] }, { two: ['127.0.0.9', '127.0.0.1'] });
    const connected = await policy.connect({ host: 'two', port }, { timeoutMs: 5_000 });
    expect(connected.outcome).toBe('connected');
    if (connected.outcome === 'connected') connected.socket.destroy();
  });

  it('gives up when it is told to', async () => {
    const policy = aPolicy({ allow: ['127.0.0.1'] });
    const attempt = policy.connect(
      { host: '127.0.0.1', port: 1 },
      { timeoutMs: 5_000, signal: AbortSignal.abort(new Error('enough')) },
    );
    await expect(attempt).rejects.toThrow();
  });
});
