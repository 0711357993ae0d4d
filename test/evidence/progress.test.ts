import { describe, expect, test } from "vitest";
import { createProgress, type Screen, statusOf, tableLines } from "../../evidence/progress.ts";

const STEPS = [
  { name: "first", seconds: 10 },
  { name: "second", seconds: 20 },
  { name: "third", seconds: 30 },
];

describe("the time left", () => {
  test.each([
    [0, 0, 0, "[1/3] first; about 60 s left"],
    [0, 4000, 4000, "[1/3] first; about 56 s left"],
    // A step that takes longer than expected does not shorten the estimate of the others.
    [0, 15_000, 15_000, "[1/3] first; more than 50 s left"],
    // The first step took twice as long as estimated.
    [1, 20_000, 0, "[2/3] second; about 2 min left"],
    [1, 31_000, 11_000, "[2/3] second; about 89 s left"],
    [1, 30_000, 10_000, "[2/3] second; about 2 min left"],
    [2, 30_000, 0, "[3/3] third; about 30 s left"],
    [2, 59_500, 29_500, "[3/3] third; almost done"],
    [2, 70_000, 40_000, "[3/3] third; longer than it should take"],
    [3, 60_000, 0, ""],
  ])("at step %d, %d ms in, %d ms of them in the step: %s", (at, elapsed_ms, in_step_ms, expected) => {
    expect(statusOf(STEPS, at, elapsed_ms, in_step_ms)).toBe(expected);
  });
});

function screenOf(is_terminal: boolean) {
  const told = { results: [] as string[], status: "" };
  let now_ms = 0;
  const screen: Screen = {
    is_terminal,
    columns: () => 40,
    say: (line) => void told.results.push(line),
    write: (text) => {
      told.status += text;
    },
    now_ms: () => now_ms,
  };
  return { told, screen, pass: (ms: number) => (now_ms += ms) };
}

test("without a terminal each step is a line of the status, and results stand alone", () => {
  const { told, screen, pass } = screenOf(false);
  const progress = createProgress(STEPS, screen);
  for (const { seconds } of STEPS) {
    progress.next();
    pass(seconds * 1000);
    progress.say("a result");
  }
  progress.end();
  expect(told.results).toEqual(["a result", "a result", "a result"]);
  expect(told.status).toBe(
    "[1/3] first; about 60 s left\n[2/3] second; about 50 s left\n[3/3] third; about 30 s left\n",
  );
});

test("in a terminal the status is one line, gone while a result is printed and in the end", () => {
  const { told, screen } = screenOf(true);
  const progress = createProgress([{ name: "x".repeat(100), seconds: 3 }], screen);
  progress.next();
  expect(told.status).toBe(`\r\x1b[2K[1/1] ${"x".repeat(33)}`);
  told.status = "";
  progress.say("a result");
  expect(told.status).toBe(`\r\x1b[2K\r\x1b[2K[1/1] ${"x".repeat(33)}`);
  told.status = "";
  progress.end();
  expect(told.status).toBe("\r\x1b[2K");
});

test("a table is Markdown whose columns stand below each other", () => {
  const { head, line } = tableLines([{ head: "row", width: 8 }, { head: "µs" }, { head: "goal" }]);
  expect([...head, line(["f32", 12, "≤ 3"])]).toEqual([
    "| row      | µs | goal |",
    "| -------- | -: | ---: |",
    "| f32      | 12 |  ≤ 3 |",
  ]);
});
