import type { JobEvent } from '@tidemark/sdk';
import type { Airport } from './airports.js';
import type { JobPicture } from './job-monitor.js';

export interface ScreenInput {
  readonly apiUrl: string;
  readonly instanceFile: string;
  readonly picture: JobPicture;
  readonly airports: readonly Airport[];
  /** Process of the runner that has the job, where it is known. */
  readonly runnerPid: number | undefined;
  /** Why the picture is not fresh, if it is not. */
  readonly trouble: string | undefined;
  readonly nowMs: number;
}

/** Lines that the screen has at least beside the tables. */
const FIXED_LINES = 15;
const TWO_COLUMNS_FROM = 80;
/** Ids and digests: their beginning and end tell them apart well enough. */
const LONG_ID = /\b([a-z]{3}_)?[0-9a-f]{32,}\b/g;

/** The whole screen as lines, none wider than `columns` and no more than `rows` of them. Pure. */
export function screenOf(
  input: ScreenInput,
  size: { readonly columns: number; readonly rows: number },
): readonly string[] {
  const room = Math.max(0, size.rows - FIXED_LINES);
  const airportLines = Math.min(10, Math.ceil(room / 2));
  const lines = [
    `Tidemark  ${input.apiUrl}`,
    '',
    ...headOf(input, size.columns),
    '',
    ...airportsOf(input.airports.slice(0, airportLines)),
    '',
    'Events',
    ...eventsOf(input.picture.events.slice(-Math.max(1, room - airportLines))),
    '',
    ...hintsOf(input),
  ];
  return lines.slice(0, size.rows).map((line) => cut(line, size.columns));
}

/** The same in one line, for where there is no terminal. */
export function lineOf({ picture, runnerPid, nowMs, trouble }: ScreenInput): string {
  const { job, batches, records, recordsPerSecond } = picture;
  const last = batches[0];
  const parts = [
    `${job.name} ${job.status}`,
    ...(last === undefined
      ? ['no batch yet']
      : [
          `batch ${grouped(last.batchId)}`,
          `${grouped(records)} records`,
          `${grouped(recordsPerSecond)}/s`,
          `processing ${Math.round(last.commit.processingMs)} ms`,
          `delay ${Math.round(last.commit.schedulingDelayMs)} ms`,
        ]),
    `checkpoint ${checkpointOf(picture, nowMs)}`,
    `runner ${runnerOf(picture, runnerPid)}`,
    ...(job.reason === null ? [] : [job.reason.message]),
    ...(trouble === undefined ? [] : [trouble]),
  ];
  return parts.join(' · ');
}

function headOf({ picture, runnerPid, nowMs, trouble }: ScreenInput, columns: number): readonly string[] {
  const { job, batches, records, recordsPerSecond } = picture;
  const last = batches[0];
  const facts: readonly (readonly [string, string])[] = [
    ['batch', last === undefined ? '–' : `${grouped(last.batchId)} of ${last.batchTime.slice(11, 23)}`],
    ['checkpoint', checkpointOf(picture, nowMs)],
    ['records', grouped(records)],
    ['rate', `${grouped(recordsPerSecond)} records/s`],
    ['processing', last === undefined ? '–' : `${last.commit.processingMs.toFixed(0)} ms`],
    ['delay', last === undefined ? '–' : `${last.commit.schedulingDelayMs.toFixed(0)} ms behind schedule`],
  ];
  return [
    `${job.name}  ${job.status}  revision ${job.revision}  epoch ${job.epoch}`,
    fact(['runner', runnerOf(picture, runnerPid)]),
    ...(columns < TWO_COLUMNS_FROM ? facts.map(fact) : inPairs(facts)),
    trouble ?? job.reason?.message ?? '',
  ];
}

const fact = ([name, value]: readonly [string, string]): string => `${name.padEnd(12)} ${value}`;

function inPairs(facts: readonly (readonly [string, string])[]): readonly string[] {
  const left = facts.filter((_, index) => index % 2 === 0).map(fact);
  const right = facts.filter((_, index) => index % 2 === 1).map(fact);
  return left.map((text, index) => `${text.padEnd(40)}${right[index] ?? ''}`);
}

function airportsOf(airports: readonly Airport[]): readonly string[] {
  const rows = airports.map(
    ({ origin, flights, meanDelay, recentFlights }) =>
      `${origin.padEnd(8)}${grouped(flights).padStart(10)}${`${meanDelay.toFixed(1)} min`.padStart(14)}${
        recentFlights === undefined ? '' : grouped(recentFlights).padStart(18)
      }`,
  );
  return ['Origin     flights    mean delay  flights in 10 s', ...rows];
}

const eventsOf = (events: readonly JobEvent[]): readonly string[] =>
  events.map(({ at, type, data }) => {
    const about = Object.entries(data).flatMap(([name, value]) => {
      const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
      return isPlain ? [`${name} ${String(value).replaceAll(LONG_ID, shortId)}`] : [];
    });
    return `${at.slice(11, 19)} ${type.padEnd(20)} ${about.join(', ')}`;
  });

function hintsOf({ instanceFile, runnerPid }: ScreenInput): readonly string[] {
  return [
    runnerPid === undefined ? 'Try:  npm run demo:failover' : `Try:  kill -9 ${runnerPid}   or   npm run demo:failover`,
    `Keys: ${instanceFile}   Ctrl-C stops everything; the next start goes on from here.`,
  ];
}

function runnerOf({ job }: JobPicture, pid: number | undefined): string {
  const id = job.currentRun?.runnerId ?? null;
  if (id === null) return 'none';
  return pid === undefined ? shortId(id) : `${shortId(id)} (process ${pid})`;
}

function checkpointOf({ checkpoint }: JobPicture, nowMs: number): string {
  const completedAt = checkpoint?.completedAt ?? undefined;
  if (checkpoint === undefined || completedAt === undefined) return 'none yet';
  const seconds = Math.max(0, Math.round((nowMs - Date.parse(completedAt)) / 1000));
  return `batch ${grouped(checkpoint.batchId)}, ${seconds} s ago`;
}

/** The end of an id differs where ids of the same minute begin alike. */
export const shortId = (id: string): string => `${id.slice(0, 4)}…${id.slice(-6)}`;

export const grouped = (value: number): string =>
  Math.round(value)
    .toString()
    .replaceAll(/\B(?=(\d{3})+$)/g, ' ');

/** Control characters come from job names and events; on a terminal they would be obeyed. */
function cut(line: string, columns: number): string {
  const plain = line.replaceAll(/\p{Cc}/gu, ' ').trimEnd();
  return plain.length <= columns ? plain : `${plain.slice(0, Math.max(0, columns - 1))}…`;
}
