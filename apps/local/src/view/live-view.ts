import { setTimeout as sleep } from 'node:timers/promises';
import type { WriteStream } from 'node:tty';
import type { Airports } from './airports.js';
import type { JobMonitor, JobPicture } from './job-monitor.js';
import { lineOf, screenOf, type ScreenInput } from './screen.js';
import { Terminal } from './terminal.js';

export interface LiveViewOptions {
  readonly monitor: JobMonitor;
  readonly airports: Airports;
  readonly apiUrl: string;
  readonly instanceFile: string;
  readonly pidOf: (runnerId: string) => number | undefined;
  readonly out: WriteStream;
  /** Ends the view. */
  readonly signal: AbortSignal;
}

const FRAME_MS = 400;
const LINE_MS = 5_000;
const LINE_FIRST_MS = 1_000;

/** Shows a job until it is told to end: redrawn in place on a terminal, a line every few seconds elsewhere. */
export async function showLiveView(options: LiveViewOptions): Promise<void> {
  const { out, signal } = options;
  const terminal = out.isTTY ? new Terminal(out) : undefined;
  let picture: JobPicture | undefined;
  try {
    for (let shown = 0; !signal.aborted;) {
      let trouble: string | undefined;
      try {
        picture = await options.monitor.look();
        if (picture.job.lastBatch !== null) await options.airports.readTo(picture.job.lastBatch);
      } catch (error) {
        trouble = error instanceof Error ? error.message : String(error);
      }
      if (signal.aborted) return;
      if (picture !== undefined) {
        show(inputOf(options, picture, trouble), terminal, out);
        shown += 1;
      }
      await sleep(terminal === undefined ? (shown < 3 ? LINE_FIRST_MS : LINE_MS) : FRAME_MS, undefined, { signal });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    terminal?.leave();
  }
}

function show(input: ScreenInput, terminal: Terminal | undefined, out: WriteStream): void {
  if (terminal === undefined) out.write(`${lineOf(input)}\n`);
  else terminal.draw(screenOf(input, terminal.size));
}

function inputOf(
  { airports, apiUrl, instanceFile, pidOf }: LiveViewOptions,
  picture: JobPicture,
  trouble: string | undefined,
): ScreenInput {
  const runnerId = picture.job.currentRun?.runnerId ?? undefined;
  const runnerPid = runnerId === undefined ? undefined : pidOf(runnerId);
  return { apiUrl, instanceFile, picture, airports: airports.busiest(10), runnerPid, trouble, nowMs: Date.now() };
}
