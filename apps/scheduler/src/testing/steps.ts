import { ObjectStore } from '@tidemark/checkpoint';

/** A process that dies: nothing that it does afterwards has an effect. */
export class SimulatedCrash extends Error {
  override readonly name = 'SimulatedCrash';
}

/** Where a process dies: at its `at`th step, counted from 1, before it takes effect or after. */
export interface Crash {
  readonly at: number;
  readonly after: boolean;
}

/** Counts what a process asks of the outside, one step each, and ends it where it is to die. */
export class Steps {
  private taken = 0;
  private dead = false;

  constructor(
    private readonly crash?: Crash,
    /** Happens, while the process is frozen, before its step of this number. */
    private readonly meanwhile?: { readonly at: number; readonly happens: () => Promise<void> },
  ) {}

  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.dead) throw new SimulatedCrash();
    this.taken += 1;
    if (this.taken === this.meanwhile?.at) await this.meanwhile.happens();
    const dies = this.taken === this.crash?.at;
    if (dies && this.crash?.after === false) this.die();
    const result = await work();
    if (dies) this.die();
    return result;
  }

  private die(): never {
    this.dead = true;
    throw new SimulatedCrash();
  }
}

/** The same port, each call of which is a step. */
export function stepped<Port extends object>(port: Port, steps: Steps): Port {
  return new Proxy(port, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      const call = member as (...parameters: unknown[]) => Promise<unknown>;
      return (...parameters: unknown[]) => steps.take(() => call.apply(target, parameters));
    },
  });
}

/** An object store each call of which is a step, and that lets the test look at what is put and removed. */
export class SteppedStore extends ObjectStore {
  constructor(
    private readonly inner: ObjectStore,
    private readonly steps: Steps,
    private readonly on: { readonly put?: (path: string) => void; readonly remove?: (path: string) => void } = {},
  ) {
    super();
  }

  override put(path: string, bytes: Uint8Array): Promise<void> {
    return this.steps.take(() => {
      this.on.put?.(path);
      return this.inner.put(path, bytes);
    });
  }

  override get(path: string): Promise<Uint8Array> {
    return this.inner.get(path);
  }

  override remove(path: string): Promise<void> {
    return this.steps.take(() => {
      this.on.remove?.(path);
      return this.inner.remove(path);
    });
  }

  override list(prefix: string): Promise<readonly string[]> {
    return this.inner.list(prefix);
  }

  override folders(prefix: string): Promise<readonly string[]> {
    return this.inner.folders(prefix);
  }
}
