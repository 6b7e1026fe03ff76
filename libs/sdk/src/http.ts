import type { Problem } from '@tidemark/contracts';
import { TidemarkApiError, TidemarkConnectionError } from './errors.js';

const ATTEMPTS = 5;
const FIRST_DELAY_MS = 100;
const DELAY_MS_MAX = 5_000;
const TIMEOUT_MS = 30_000;

export interface Connection {
  /** Where the API is, for example `http://127.0.0.1:7070`. */
  readonly apiUrl: string;
  readonly apiKey: string;
  /** Id or name of the tenant that an admin's key acts for. A tenant's own key needs none. */
  readonly tenant?: string | undefined;
  /** In place of the global `fetch`. */
  readonly fetch?: typeof fetch;
  /** Milliseconds until a request counts as lost; 30 000 by default. Uploads of large bundles may need more. */
  readonly timeoutMs?: number;
}

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: { readonly [name: string]: string | number | boolean | undefined };
  readonly body?: object;
  readonly headers?: { readonly [name: string]: string | undefined };
  /** Whether it may be sent again when nobody knows if it was done the first time. */
  readonly repeatable: boolean;
  readonly signal?: AbortSignal | undefined;
  /** For what takes longer than a request usually does; in place of the connection's, where that is shorter. */
  readonly timeoutMs?: number | undefined;
}

/** Sends requests with the key; repeats those that may be repeated, with growing, jittered pauses. */
export class Http {
  private readonly origin: string;

  constructor(private readonly connection: Connection) {
    this.origin = connection.apiUrl.replace(/\/+$/, '');
  }

  /** For what an admin does for no tenant: the same connection, naming none. */
  forNoTenant(): Http {
    return new Http({ ...this.connection, tenant: undefined });
  }

  /**
   * The answer as JSON, or undefined if it has no body. Throws `TidemarkApiError`, `TidemarkConnectionError`, and the
   * reason of `signal` where the caller has aborted it.
   */
  async json<T>(request: ApiRequest): Promise<T> {
    return this.read(request, async (response) => {
      const text = await response.text();
      return (text === '' ? undefined : JSON.parse(text)) as T;
    });
  }

  /** The answer as bytes. Throws as {@link json} does. */
  async bytes(request: ApiRequest): Promise<Uint8Array> {
    return this.read(request, async (response) => new Uint8Array(await response.arrayBuffer()));
  }

  /** Opens a response whose body is read bit by bit. One attempt, no time limit. */
  async open(request: ApiRequest): Promise<Response> {
    const response = await this.send(request, request.signal);
    if (!response.ok) throw await refusal(response);
    return response;
  }

  private async read<T>(request: ApiRequest, read: (response: Response) => Promise<T>): Promise<T> {
    const timeoutMs = Math.max(this.connection.timeoutMs ?? TIMEOUT_MS, request.timeoutMs ?? 0);
    const timeout = AbortSignal.timeout.bind(AbortSignal, timeoutMs);
    for (let attempt = 1; ; attempt += 1) {
      const { signal } = request;
      const answer = await this.attempt(
        request,
        signal === undefined ? timeout() : AbortSignal.any([signal, timeout()]),
        read,
      ).catch((thrown: unknown) => thrown);
      if (answer instanceof Answer) return answer.body as T;
      signal?.throwIfAborted();
      if (attempt === ATTEMPTS || !mayRepeat(request, answer)) throw answer;
      await pause(delayMs(attempt), signal);
    }
  }

  private async attempt(
    request: ApiRequest,
    signal: AbortSignal,
    read: (response: Response) => Promise<unknown>,
  ): Promise<Answer> {
    const response = await this.send(request, signal);
    if (!response.ok) throw await refusal(response);
    try {
      return new Answer(await read(response));
    } catch (error) {
      throw new TidemarkConnectionError(this.origin, error);
    }
  }

  private async send(
    { method, path, query = {}, body, headers = {} }: ApiRequest,
    signal?: AbortSignal,
  ): Promise<Response> {
    const url = new URL(this.origin + path);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, String(value));
    const sent = new Headers({ accept: 'application/json', authorization: `Bearer ${this.connection.apiKey}` });
    if (this.connection.tenant !== undefined) sent.set('tidemark-tenant', this.connection.tenant);
    if (body !== undefined) sent.set('content-type', 'application/json');
    for (const [name, value] of Object.entries(headers)) if (value !== undefined) sent.set(name, value);
    try {
      return await (this.connection.fetch ?? fetch)(url, {
        method,
        headers: sent,
        // Following a redirect would hand the key to wherever it points.
        redirect: 'error',
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (error) {
      throw new TidemarkConnectionError(url.href, error);
    }
  }
}

class Answer {
  constructor(readonly body: unknown) {}
}

/** Waits, or less if `signal` is aborted. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done);
  });
}

/** How long to wait after this failed attempt: grows, and differs so that many clients do not return together. */
export function delayMs(attempt: number): number {
  const whole = Math.min(DELAY_MS_MAX, FIRST_DELAY_MS * 2 ** (attempt - 1));
  return whole / 2 + (Math.random() * whole) / 2;
}

function mayRepeat({ repeatable }: ApiRequest, error: unknown): boolean {
  if (error instanceof TidemarkConnectionError) return repeatable;
  if (!(error instanceof TidemarkApiError)) return false;
  // Refused before anything was done, so that this holds for every request.
  if (error.status === 429 || error.code === 'trail_unavailable') return true;
  return repeatable && (error.status === 503 || error.code === 'idempotency_key_in_use');
}

async function refusal(response: Response): Promise<TidemarkApiError> {
  const text = await response.text().catch(() => '');
  return new TidemarkApiError(problemIn(text) ?? unknownProblem(response));
}

function problemIn(text: string): Problem | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return isProblem(parsed) ? parsed : undefined;
  } catch {
    // Not ours: a proxy in between answered with a page of its own.
    return undefined;
  }
}

const isProblem = (value: unknown): value is Problem =>
  typeof value === 'object' && value !== null && 'code' in value && 'detail' in value && 'status' in value;

const unknownProblem = (response: Response): Problem => ({
  type: 'about:blank',
  title: response.statusText,
  status: response.status,
  detail: `${new URL(response.url).origin} answered ${response.status} without saying why.`,
  code: 'unknown',
  instance: new URL(response.url).pathname,
});
