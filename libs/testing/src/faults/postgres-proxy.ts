import { TcpProxy, type Address, type Line, type Pass } from './tcp-proxy.js';

const SSL_REQUEST = 80_877_103;
const READY_FOR_QUERY = 'Z';
/** Of a simple query and of a prepared one. */
const STATEMENTS = ['Q', 'P'];

/** Which answer is never delivered. */
export interface Cut {
  /** What the text of the statement says, for example `/^COMMIT/`. */
  readonly statement: RegExp;
  /** Of which process, by the name that its connections carry. Any, where it is left out. */
  readonly application?: string;
}

/**
 * A proxy in front of a Postgres server that reads enough of the protocol to cut a connection *instead of* delivering the
 * answer to a statement: the server has done it, and is durable about it, and the client cannot know.
 */
export class PostgresProxy {
  private constructor(
    /** For everything that a proxy can do besides. */
    readonly tcp: TcpProxy,
    private readonly cuts: Cuts,
  ) {}

  static async open(target: Address): Promise<PostgresProxy> {
    const cuts = new Cuts();
    return new PostgresProxy(await TcpProxy.open(target, (line) => cuts.watch(line)), cuts);
  }

  /** How often an answer was cut off. */
  get count(): number {
    return this.cuts.done;
  }

  /** The next statement that is like this is carried out and not answered. */
  cutInsteadOfAnswer(cut: Cut): void {
    this.cuts.pending = cut;
  }
}

/** Looks for the statement whose answer is to be cut off, on all lines of one proxy. */
class Cuts {
  pending: Cut | undefined;
  done = 0;

  watch({ client, server }: Line): Pass {
    const requests = new Messages('startup');
    const answers = new Messages('answers');
    let application = '';
    let isDoomed = false;
    return (from, bytes) => {
      if (from === 'client') {
        for (const { type, body } of requests.read(bytes)) {
          if (type === '') application = parameterOf(body, 'application_name') ?? application;
          else if (STATEMENTS.includes(type) && this.isDue(textOf(type, body), application)) isDoomed = true;
        }
        return bytes;
      }
      const isOver = answers.read(bytes).some(({ type }) => type === READY_FOR_QUERY);
      if (!isDoomed) return bytes;
      // Only now has the server committed: before, it might still undo what it has answered.
      if (isOver) {
        this.done += 1;
        client.destroy();
        server.destroy();
      }
      return undefined;
    };
  }

  private isDue(text: string, application: string): boolean {
    const cut = this.pending;
    if (cut === undefined || !cut.statement.test(text)) return false;
    if (cut.application !== undefined && cut.application !== application) return false;
    this.pending = undefined;
    return true;
  }
}

interface Message {
  /** A letter; empty for the one that a client begins with. */
  readonly type: string;
  readonly body: Buffer;
}

/** Puts pieces of one direction together again to messages. */
class Messages {
  private rest = Buffer.alloc(0);

  constructor(private awaits: 'startup' | 'answers' | 'messages') {}

  read(bytes: Buffer): readonly Message[] {
    this.rest = Buffer.concat([this.rest, bytes]);
    const messages: Message[] = [];
    for (let next = this.next(); next !== undefined; next = this.next()) messages.push(next);
    return messages;
  }

  private next(): Message | undefined {
    const header = this.awaits === 'startup' ? 0 : 1;
    // The refusal to encrypt is a single letter.
    if (this.awaits === 'answers' && this.rest[0] === 'N'.charCodeAt(0) && this.rest.length === 1) {
      this.rest = this.rest.subarray(1);
      return undefined;
    }
    if (this.rest.length < header + 4) return undefined;
    const length = this.rest.readInt32BE(header);
    if (this.rest.length < header + length) return undefined;
    const type = this.rest.toString('latin1', 0, header);
    const body = this.rest.subarray(header + 4, header + length);
    this.rest = this.rest.subarray(header + length);
    const isRequestForTls = this.awaits === 'startup' && body.readInt32BE(0) === SSL_REQUEST;
    if (this.awaits === 'startup' && !isRequestForTls) this.awaits = 'messages';
    return { type, body };
  }
}

/** A query's own text, or a prepared statement's after its name. */
const textOf = (type: string, body: Buffer): string =>
  (body.toString('utf8').split('\0')[type === 'Q' ? 0 : 1] ?? '').trimStart();

function parameterOf(startup: Buffer, name: string): string | undefined {
  const words = startup.subarray(4).toString('utf8').split('\0');
  const at = words.findIndex((word, index) => index % 2 === 0 && word === name);
  return at === -1 ? undefined : words[at + 1];
}
