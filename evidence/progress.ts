/**
 * The progress of a long command: the current step, the number of steps, and an estimate of the remaining time. In a
 * terminal it is one line below the output, updated every second. Elsewhere each step is a line on standard error, so
 * that standard output has only results.
 *
 * The estimate is first the declared time of the steps, then that time multiplied by the slowness of the steps so far.
 */
import { stderr, stdout } from "node:process";

export interface Step {
  readonly name: string;
  /** expected seconds on an idle machine */
  readonly seconds: number;
}

export interface Progress {
  /** The next step begins; the one before it has ended. */
  next(): void;
  /** Prints a line of results. */
  say(line: string): void;
  /** The last step has ended. */
  end(): void;
}

/** The output of the progress, and its clock. */
export interface Screen {
  readonly is_terminal: boolean;
  /** of a terminal, in characters */
  columns(): number;
  say(line: string): void;
  /** one part of the status, without a line end */
  write(text: string): void;
  now_ms(): number;
}

const SCREEN: Screen = {
  is_terminal: stderr.isTTY === true,
  // A terminal that does not know its size says 0.
  columns: () => stderr.columns || 80,
  say: (line) => void stdout.write(`${line}\n`),
  write: (piece) => void stderr.write(piece),
  now_ms: () => performance.now(),
};

/** For commands whose steps are processes that print themselves: one line a step, also in a terminal. */
export const LINES: Screen = { ...SCREEN, is_terminal: false };

const TICK_MS = 1000;
const CLEAR = "\r\x1b[2K";

export function createProgress(steps: readonly Step[], screen: Screen = SCREEN): Progress {
  const began_ms = screen.now_ms();
  let at = -1;
  let step_began_ms = began_ms;
  const status = () => statusOf(steps, at, screen.now_ms() - began_ms, screen.now_ms() - step_began_ms);
  const show = () => screen.write(CLEAR + status().slice(0, screen.columns() - 1));
  const clear = () => (screen.is_terminal ? screen.write(CLEAR) : undefined);
  const timer = screen.is_terminal ? setInterval(show, TICK_MS).unref() : undefined;
  return {
    next() {
      at += 1;
      step_began_ms = screen.now_ms();
      if (screen.is_terminal) show();
      else screen.write(`${status()}\n`);
    },
    say(line) {
      clear();
      screen.say(line);
      if (screen.is_terminal && at >= 0) show();
    },
    end() {
      clearInterval(timer);
      clear();
      at = -1;
    },
  };
}

/** `[3/9] f32, 32000; about 40 s left`, at a time since the first step began and since this one did. */
export function statusOf(steps: readonly Step[], at: number, elapsed_ms: number, in_step_ms: number): string {
  const step = steps[at];
  if (step === undefined) return "";
  const done_s = secondsOf(steps.slice(0, at));
  const took_s = (elapsed_ms - in_step_ms) / 1000;
  const slower = done_s > 0 && took_s > 0 ? took_s / done_s : 1;
  const of_step_s = step.seconds * slower - in_step_ms / 1000;
  const left_s = Math.max(of_step_s, 0) + secondsOf(steps.slice(at + 1)) * slower;
  return `[${at + 1}/${steps.length}] ${step.name}; ${leftText(left_s, of_step_s < 0)}`;
}

function secondsOf(steps: readonly Step[]): number {
  return steps.reduce((sum, { seconds }) => sum + seconds, 0);
}

/** `is_late`: the step takes longer than expected, so the remaining time is unknown. */
function leftText(seconds: number, is_late: boolean): string {
  if (seconds < 1) return is_late ? "longer than it should take" : "almost done";
  const about = is_late ? "more than" : "about";
  if (seconds < 90) return `${about} ${Math.round(seconds)} s left`;
  return `${about} ${Math.round(seconds / 60)} min left`;
}

export interface Column {
  readonly head: string;
  /** the length of the longest cell; the head's own length when that is longer */
  readonly width?: number;
}

/** Lines of a Markdown table that is printed row by row, with columns that stand below each other. */
export function tableLines(columns: readonly Column[]) {
  const widths = columns.map(({ head, width = 0 }) => Math.max(head.length, width));
  const line = (cells: readonly (string | number)[]) =>
    // The first column names the row, the others are figures.
    `| ${cells.map((cell, i) => (i === 0 ? String(cell).padEnd(widths[i] ?? 0) : String(cell).padStart(widths[i] ?? 0))).join(" | ")} |`;
  const rule = widths.map((width, i) => (i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`));
  return { head: [line(columns.map(({ head }) => head)), `| ${rule.join(" | ")} |`], line };
}
