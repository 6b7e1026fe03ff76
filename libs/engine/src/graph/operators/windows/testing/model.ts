/** A record of the tests: key, time, value. */
export interface Event {
  readonly k: string;
  readonly t: number;
  readonly v: number;
}

export interface Rules {
  readonly windows:
    | { readonly kind: 'tumbling'; readonly sizeMs: number; readonly offsetMs: number }
    | { readonly kind: 'sliding'; readonly sizeMs: number; readonly slideMs: number; readonly offsetMs: number }
    | { readonly kind: 'session'; readonly gapMs: number };
  readonly latenessMs: number;
  readonly outOfOrdernessMs: number;
}

export interface Result {
  readonly key: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly values: readonly number[];
}

interface Kept {
  startMs: number;
  endMs: number;
  readonly key: string;
  events: Event[];
  hasNews: boolean;
}

/**
 * Windows as they are defined, over plain arrays: every record goes to each of its windows that is not over for good;
 * windows with news give their values when the watermark has passed their end.
 */
export function modelOf(rules: Rules, batches: readonly (readonly Event[])[]) {
  let watermark = -Infinity;
  let newest = -Infinity;
  let windows: Kept[] = [];
  return batches.map((events) => {
    const before = watermark;
    const late: Event[] = [];
    for (const event of events) {
      newest = Math.max(newest, event.t);
      const isTaken = rules.windows.kind === 'session' ? intoSession(event, before) : intoWindows(event, before);
      if (!isTaken) late.push(event);
    }
    watermark = Math.max(watermark, newest - rules.outOfOrdernessMs);
    const ended = windows.filter(({ endMs, hasNews }) => hasNews && endMs <= watermark);
    const results = ended
      .map((window): Result => ({ ...window, values: window.events.map(({ v }) => v) }))
      .sort((a, b) => a.endMs - b.endMs || a.startMs - b.startMs);
    for (const window of ended) window.hasNews = false;
    windows = windows.filter(({ endMs }) => endMs + rules.latenessMs > watermark);
    return { results, late };
  });

  function intoWindows(event: Event, before: number): boolean {
    const all = spansOf(rules.windows, event.t);
    const open = all.filter(({ endMs }) => endMs + rules.latenessMs > before);
    for (const { startMs, endMs } of open) {
      const found = windows.find((window) => window.key === event.k && window.startMs === startMs);
      const window = found ?? { startMs, endMs, key: event.k, events: [], hasNews: true };
      if (found === undefined) windows.push(window);
      window.events.push(event);
      window.hasNews = true;
    }
    return open.length > 0;
  }

  function intoSession(event: Event, before: number): boolean {
    const gapMs = rules.windows.kind === 'session' ? rules.windows.gapMs : 0;
    const [startMs, endMs] = [event.t, event.t + gapMs];
    const same = windows.filter((one) => one.key === event.k && one.startMs < endMs && startMs < one.endMs);
    if (same.length === 0 && endMs + rules.latenessMs <= before) return false;
    const parts = [...same].sort((a, b) => a.startMs - b.startMs);
    windows = windows.filter((one) => !same.includes(one));
    windows.push({
      key: event.k,
      startMs: Math.min(startMs, ...same.map((one) => one.startMs)),
      endMs: Math.max(endMs, ...same.map((one) => one.endMs)),
      events: [...parts.flatMap((one) => one.events), event],
      hasNews: true,
    });
    return true;
  }
}

function spansOf(windows: Rules['windows'], t: number): { readonly startMs: number; readonly endMs: number }[] {
  if (windows.kind === 'session') return [];
  const { sizeMs, offsetMs } = windows;
  const slideMs = windows.kind === 'sliding' ? windows.slideMs : sizeMs;
  const spans = [];
  for (let startMs = t - sizeMs + 1; startMs <= t; startMs += 1) {
    if ((((startMs - offsetMs) % slideMs) + slideMs) % slideMs === 0) spans.push({ startMs, endMs: startMs + sizeMs });
  }
  return spans;
}
