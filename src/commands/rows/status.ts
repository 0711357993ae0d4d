/**
 * Progress of a command over rows, on standard error: in a terminal one line that is updated, elsewhere a line of JSON
 * from time to time. Standard output holds only results.
 */
import { stderr } from "node:process";

export interface Place {
  readonly shard: string;
  /** rows read by this run, in all shards */
  readonly rows: number;
  /** rows read by the interrupted runs that it continues */
  readonly rows_before: number;
  /** rows in all shards, as far as their formats state it */
  readonly rows_expected: number | undefined;
}

/** The output stream, and the clock. */
export interface Screen {
  readonly is_terminal: boolean;
  columns(): number;
  write(text: string): void;
  now_ms(): number;
}

const SCREEN: Screen = {
  is_terminal: stderr.isTTY === true,
  // A terminal that does not know its size reports 0.
  columns: () => stderr.columns || 80,
  write: (text) => void stderr.write(text),
  now_ms: () => performance.now(),
};

export interface Status {
  /** Reports the progress, unless it was reported a moment ago. */
  at(place: Place): void;
  /** Reports an event, with its figures in a line of JSON. */
  say(sentence: string, event: Readonly<Record<string, unknown>>): void;
  end(): void;
}

const TERMINAL_MS = 250;
const LINES_MS = 5000;
const CLEAR = "\r\x1b[2K";

export function createStatus(command: string, is_quiet: boolean, screen: Screen = SCREEN): Status {
  const every_ms = screen.is_terminal ? TERMINAL_MS : LINES_MS;
  const began_ms = screen.now_ms();
  let told_ms = began_ms;
  const line = (event: object) => screen.write(`${JSON.stringify({ command, ...event })}\n`);
  return {
    at(place) {
      const now_ms = screen.now_ms();
      if (is_quiet || now_ms - told_ms < every_ms) return;
      told_ms = now_ms;
      const figures = figuresOf(place, (now_ms - began_ms) / 1000);
      if (screen.is_terminal) screen.write(CLEAR + sentenceOf(figures).slice(0, screen.columns() - 1));
      else line({ event: "progress", ...figures });
    },
    say(sentence, event) {
      if (screen.is_terminal) screen.write(`${CLEAR}${sentence}\n`);
      else line(event);
    },
    end() {
      if (screen.is_terminal && !is_quiet) screen.write(CLEAR);
    },
  };
}

interface Figures {
  readonly shard: string;
  readonly rows: number;
  readonly rows_expected: number | null;
  readonly rows_per_s: number;
  readonly seconds_left: number | null;
}

/** Rows are those of all runs; the rate and the remaining time are those of this run. */
export function figuresOf(place: Place, elapsed_s: number): Figures {
  const { shard, rows_before, rows_expected } = place;
  const rows = rows_before + place.rows;
  const rows_per_s = elapsed_s > 0 ? Math.round(place.rows / elapsed_s) : 0;
  const seconds_left =
    rows_expected === undefined || rows_per_s === 0
      ? null
      : Math.round(Math.max(0, rows_expected - rows) / rows_per_s);
  return { shard, rows, rows_expected: rows_expected ?? null, rows_per_s, seconds_left };
}

export function sentenceOf({ shard, rows, rows_expected, rows_per_s, seconds_left }: Figures): string {
  const share = rows_expected === null ? "" : ` (${Math.floor((100 * rows) / Math.max(1, rows_expected))} %)`;
  const left = seconds_left === null ? "" : `, about ${leftText(seconds_left)} left`;
  return `${shard}: ${counted(rows)} rows${share}, ${counted(rows_per_s)} rows/s${left}`;
}

function leftText(seconds: number): string {
  return seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

function counted(value: number): string {
  return value.toLocaleString("en");
}
