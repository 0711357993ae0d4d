import { expect, test } from "vitest";
import { createStatus, figuresOf, type Screen, sentenceOf } from "../../src/commands/rows/status.ts";

function screen(is_terminal: boolean) {
  const written: string[] = [];
  let now = 0;
  const made: Screen = {
    is_terminal,
    columns: () => 60,
    write: (text) => void written.push(text),
    now_ms: () => now,
  };
  return { made, written, at: (ms: number) => (now = ms) };
}

const place = (rows: number) => ({ shard: "a.npy", rows, rows_before: 0, rows_expected: 10_000 });

test("a line of a terminal has the share, the rate and the time left", () => {
  expect(sentenceOf(figuresOf(place(2500), 2.5))).toBe(
    "a.npy: 2,500 rows (25 %), 1,000 rows/s, about 8 s left",
  );
  // After a resume all rows count, and the rate is that of this run.
  expect(sentenceOf(figuresOf({ ...place(1000), rows_before: 6000 }, 1))).toBe(
    "a.npy: 7,000 rows (70 %), 1,000 rows/s, about 3 s left",
  );
  expect(sentenceOf(figuresOf({ ...place(0), rows_expected: 0 }, 0))).toBe("a.npy: 0 rows (0 %), 0 rows/s");
  expect(sentenceOf(figuresOf({ shard: "-", rows: 7, rows_before: 0, rows_expected: undefined }, 1))).toBe(
    "-: 7 rows, 7 rows/s",
  );
});

test("in a terminal it is written anew four times a second, and no wider than the terminal", () => {
  const { made, written, at } = screen(true);
  const status = createStatus("score", false, made);
  for (const ms of [0, 100, 249, 250, 260, 500]) {
    at(ms);
    status.at(place(ms * 10));
  }
  expect(written).toHaveLength(2);
  for (const line of written) expect(line.length).toBeLessThanOrEqual(60 + 5);
  status.end();
  expect(written.at(-1)).toBe("\r\x1b[2K");
});

test("elsewhere it is a line of JSON every five seconds", () => {
  const { made, written, at } = screen(false);
  const status = createStatus("score", false, made);
  for (const ms of [0, 4999, 5000, 9000, 10_000]) {
    at(ms);
    status.at(place(ms));
  }
  status.end();
  expect(written.map((line) => JSON.parse(line) as object)).toEqual([
    {
      command: "score",
      event: "progress",
      shard: "a.npy",
      rows: 5000,
      rows_expected: 10_000,
      rows_per_s: 1000,
      seconds_left: 5,
    },
    {
      command: "score",
      event: "progress",
      shard: "a.npy",
      rows: 10_000,
      rows_expected: 10_000,
      rows_per_s: 1000,
      seconds_left: 0,
    },
  ]);
});

test("a quiet one says what happened, and nothing of progress", () => {
  const { made, written, at } = screen(false);
  const status = createStatus("score", true, made);
  at(60_000);
  status.at(place(5));
  status.say("goes on", { event: "resumed" });
  expect(written).toEqual(['{"command":"score","event":"resumed"}\n']);
});
