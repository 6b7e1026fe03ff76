import { isTidemarkError, TidemarkError, type BundleManifest } from '@tidemark/domain';
import { ColdState, isSpilling, printable, reportProblem, type ColdStore, type Places } from '@tidemark/engine';
import { FrameError } from '../frames.js';
import { problemFromWire, type Reply, type ReplyOf } from '../messages.js';
import { sandboxFiles } from '../os/files.js';
import { Launcher, type FindProgram, type Layer } from '../os/launcher.js';
import { Gate } from './gate.js';
import { ENDLESS_BUNDLE, ESCAPE_BUNDLE, HOARDING_BUNDLE } from './escape-bundle.js';
import { logicOf } from './logic-of.js';
import { nonsense, SandboxProcess, type Answer, type RequestBounds } from './sandbox-process.js';
import { ProcessGraph, type JobLimits, type SandboxedGraph } from './sandboxed-graph.js';
import { attackWalls, type Attack } from './self-test.js';
import { sourcePlaces } from './source-places.js';

/** `required`: tenants' code runs only behind every wall. `auto`: behind those that the machine has. */
export type SandboxMode = 'required' | 'auto';

export interface SandboxOptions {
  readonly mode: SandboxMode;
  /** Told at start what this machine's sandbox does not have. */
  readonly log?: (line: string) => void;
  /** Where `bwrap` and `prlimit` lie; by default they are looked for on the PATH. */
  readonly findProgram?: FindProgram;
}

export interface SandboxStatus {
  readonly mode: SandboxMode;
  readonly layers: readonly Layer[];
  /** What was tried on this machine's own sandbox at start. */
  readonly attacks: readonly Attack[];
  /** What it would take to be `required`, by name; empty if nothing is missing. */
  readonly missing: readonly string[];
}

export interface SourceBundle {
  readonly code: string;
  /** The source map; without it, places are those of the bundle. */
  readonly map: string | undefined;
}

export interface JobToStart extends SourceBundle {
  readonly id: string;
  readonly limits: JobLimits;
  /** Gets what the job writes to its console, in lines, at most 101 a batch. */
  readonly onLog?: (line: string) => void;
  /** Where state lies that need not be in the sandbox; asked once, by a job that has such state. */
  readonly openColdStore?: () => Promise<ColdStore>;
}

/** Bounds of running a bundle's definition. */
const DEFINE_MS = 5_000;
const DESCRIBE_MEMORY_MB = 128;
/** Bundles that are described at the same time; others wait. */
const DESCRIBING_MAX = 4;

/** The job that took the warm sandbox restores its state in this time, and needs the cores more than a next one does. */
const WARM_AFTER_MS = 1_000;

/** Where tenants' code runs: the owner of every sandbox process of this process. One is kept warm for the next job. */
export class SandboxHost {
  private readonly processes = new Set<SandboxProcess>();
  private spare: Promise<SandboxProcess | undefined> | undefined;
  private warming: NodeJS.Timeout | undefined;
  private readonly describing = new Gate(DESCRIBING_MAX);
  private closed = false;

  /** Settles with what the attacks have found. Until then `status` knows of the walls alone. */
  readonly tested: Promise<SandboxStatus>;

  private constructor(
    private readonly launcher: Launcher,
    private current: SandboxStatus,
    log: (line: string) => void,
  ) {
    this.tested = this.attack(log);
    // Whoever does not wait for it has chosen to go on whatever comes out.
    this.tested.catch(() => undefined);
  }

  /**
   * Finds the walls that this machine has and has them attacked. In the mode `required` this waits for the outcome, and
   * throws `sandbox_unsafe` if anything is missing; in the mode `auto` the attacks go on while jobs may start already.
   */
  static async open(options: SandboxOptions): Promise<SandboxHost> {
    const { mode, log = () => undefined, findProgram } = options;
    const launcher = await Launcher.find(sandboxFiles(), findProgram);
    const { layers } = launcher;
    const host = new SandboxHost(launcher, { mode, layers, attacks: [], missing: absent(layers) }, log);
    if (mode === 'auto') return host;
    try {
      const { missing } = await host.tested;
      if (missing.length > 0) throw new TidemarkError('sandbox_unsafe', { missing });
      return host;
    } catch (error) {
      await host.close();
      throw error;
    }
  }

  get status(): SandboxStatus {
    return this.current;
  }

  /** How many processes there are, the warm one included. */
  get sandboxes(): number {
    return this.processes.size;
  }

  /**
   * Runs a bundle's definition in a sandbox that is thrown away. Throws `bundle_not_javascript`, `bundle_threw`,
   * `bundle_defines_no_job` or `graph_…`, with places in the source. Of each operator whose logic can be traced in time,
   * the manifest holds its hash.
   */
  async describe({ code, map }: SourceBundle): Promise<BundleManifest> {
    await this.describing.enter();
    try {
      return await this.describeNow({ code, map });
    } finally {
      this.describing.leave();
    }
  }

  private async describeNow({ code, map }: SourceBundle): Promise<BundleManifest> {
    const process = await this.take();
    try {
      const manifest = await this.load(process, { code, places: sourcePlaces(map), memoryMb: DESCRIBE_MEMORY_MB });
      return { ...manifest, logic: await logicOf(process, manifest, code) };
    } finally {
      process.kill();
      this.warmUpLater();
    }
  }

  /** Starts a job in a sandbox of its own. Throws what {@link describe} throws. */
  async start({ id, code, map, limits, onLog, openColdStore }: JobToStart): Promise<SandboxedGraph> {
    const process = await this.take();
    try {
      const places = sourcePlaces(map);
      const manifest = await this.load(process, { code, places, memoryMb: limits.memoryMb });
      const uids = manifest.nodes.filter(isSpilling).map(({ uid = '' }) => uid);
      if (uids.length > 0 && openColdStore === undefined)
        throw new Error('A cold store is needed, and none was given.');
      const cold =
        uids.length > 0 && openColdStore !== undefined ? new ColdState(await openColdStore(), uids) : undefined;
      return new ProcessGraph(process, { id, manifest, places, limits, onLog, cold });
    } catch (error) {
      process.kill();
      throw error;
    } finally {
      this.warmUpLater();
    }
  }

  /** Ends every sandbox. The host starts no more. */
  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.warming);
    for (const process of this.processes) process.kill();
    await this.spare;
    for (const process of this.processes) process.kill();
    this.processes.clear();
  }

  private async load(
    process: SandboxProcess,
    job: { readonly code: string; readonly places: Places; readonly memoryMb: number },
  ): Promise<BundleManifest> {
    const { code, places, memoryMb } = job;
    const bounds = definitionBounds(memoryMb);
    // Definitions that run at another time or for another purpose must come out the same.
    const request = { type: 'load', memoryMb, deadlineMs: DEFINE_MS, seed: 'definition' } as const;
    const { reply } = await process
      .ask(request, [Buffer.from(code, 'utf8')], bounds)
      .catch((error: unknown): Answer => {
        if (error instanceof FrameError) throw threw('it is larger than a sandbox takes');
        throw error;
      });
    if (reply.type === 'loaded') return manifestFromWire(reply.manifest, places);
    const error = whyNotLoaded(reply, places, bounds);
    process.fail(error);
    throw error;
  }

  private async attack(log: (line: string) => void): Promise<SandboxStatus> {
    const { mode, layers } = this.current;
    const attacks = (await Promise.all([attackWalls(this.launcher), this.attackIsolate()])).flat();
    const missing = [...absent(layers), ...attacks.filter(({ denied }) => !denied).map(({ name }) => name)];
    this.current = { mode, layers, attacks, missing };
    for (const name of missing) log(`The sandbox on this machine does not have: ${name}`);
    this.warmUp();
    void this.spare?.then((warm) => {
      if (warm?.isPrecompiled === false)
        log('Sandboxes start slower than they could: what the build compiled for them is not of this Node.');
    });
    return this.current;
  }

  /** The attacks of a bundle on its isolate and on its bounds. */
  private async attackIsolate(): Promise<readonly Attack[]> {
    const [escape, endless, hoarding] = await Promise.all([
      this.describeFor(ESCAPE_BUNDLE, 2_000),
      this.describeFor(ENDLESS_BUNDLE, 200),
      this.describeFor(HOARDING_BUNDLE, 2_000),
    ]);
    const got =
      escape.type === 'loaded' ? (escape.manifest.nodes[1]?.options ?? {}) : { 'S8 run the attacks': escape.type };
    return [
      ...Object.entries(got).map(([name, detail]) => ({
        name,
        denied: detail === 'denied',
        detail: JSON.stringify(detail),
      })),
      { name: 'S6 run for ever', denied: endless.type === 'over_deadline', detail: endless.type },
      { name: 'S6 eat memory', denied: hoarding.type === 'over_memory', detail: hoarding.type },
    ];
  }

  private async describeFor(code: string, deadlineMs: number): Promise<Reply> {
    const process = await this.launch();
    try {
      const request = { type: 'load', memoryMb: 32, deadlineMs, seed: 'definition' } as const;
      const { reply } = await process.ask(request, [Buffer.from(code, 'utf8')], definitionBounds(32));
      return reply;
    } catch (error) {
      // Ended from outside, by one of the watchdogs: also a denial.
      if (isTidemarkError(error)) return { type: code === HOARDING_BUNDLE ? 'over_memory' : 'over_deadline' };
      throw error;
    } finally {
      process.kill();
    }
  }

  private async take(): Promise<SandboxProcess> {
    const { spare } = this;
    this.spare = undefined;
    const warm = await spare;
    return warm?.isAlive === true ? warm : this.launch();
  }

  private async launch(): Promise<SandboxProcess> {
    if (this.closed) throw new TidemarkError('sandbox_lost', { reason: 'the service is stopping' });
    return SandboxProcess.start(this.launcher, (process) => {
      this.processes.add(process);
      void process.gone.then(() => this.processes.delete(process));
    });
  }

  private warmUpLater(): void {
    this.warming ??= setTimeout(() => {
      this.warming = undefined;
      this.warmUp();
    }, WARM_AFTER_MS).unref();
  }

  private warmUp(): void {
    if (this.closed) return;
    // If it does not come up, the next job finds out for itself.
    this.spare ??= this.launch().catch(() => undefined);
  }
}

const absent = (layers: readonly Layer[]): string[] =>
  layers.filter(({ present }) => !present).map(({ name, detail }) => `${name} (${detail})`);

function definitionBounds(memoryMb: number): RequestBounds {
  return {
    killAfterMs: 2 * DEFINE_MS,
    memoryMb,
    overDeadline: () => threw(`it did not finish within ${DEFINE_MS} ms`),
    overMemory: () => threw(`it used more than ${memoryMb} MiB of memory`),
  };
}

function whyNotLoaded(reply: Reply, places: Places, bounds: RequestBounds): TidemarkError {
  switch (reply.type) {
    case 'refused':
      return reportProblem(problemFromWire(reply.problem), places);
    case 'not_javascript':
      return new TidemarkError('bundle_not_javascript', {
        reason: printable(reply.reason),
        at: places.place(reply.at),
      });
    case 'threw':
      return threw(reply.reason, placeOf(reply, places));
    case 'over_deadline':
      return bounds.overDeadline();
    case 'over_memory':
      return bounds.overMemory();
    default:
      return nonsense(`it answered load with ${reply.type}`);
  }
}

function threw(reason: string, at = 'bundle.js'): TidemarkError {
  return new TidemarkError('bundle_threw', { reason: printable(reason), at });
}

function placeOf({ stack }: ReplyOf<'threw'>, places: Places): string | undefined {
  return stack === undefined ? undefined : places.firstPlace(stack);
}

/** JSON has no undefined; the domain's type has. */
function manifestFromWire({ nodes, ...rest }: ReplyOf<'loaded'>['manifest'], { place }: Places): BundleManifest {
  const inSource = nodes.map((node) => ({ ...node, uid: node.uid, connector: node.connector, at: place(node.at) }));
  return { ...rest, nodes: inSource };
}
