/** Visitors that prepare steps: their number is limited, and the one that has taken longest must give up its place. */
import { expect, test } from "vitest";
import { Gate, type GateLimits } from "../../../src/http/admission/gate.ts";
import { type Guest, guest } from "./guest.ts";

const LIMITS: GateLimits = {
  rows_max: 12,
  queue_max: 1,
  queue_ms: 1,
  held_bytes_max: 1,
  body_rate_min: 1,
  body_timeout_ms: 1,
  answer_timeout_ms: 1,
};

/** Visitors; the first has taken longest. */
function preparing(gate: Gate<Guest>, count: number): Guest[] {
  return Array.from({ length: count }, (_, i) => {
    const visitor = guest(i);
    gate.enter(visitor);
    gate.prepares(visitor, true, 10 * count - i);
    return visitor;
  });
}

test.each([
  [1, 1],
  [12, 3],
  [32, 8],
  [4096, 8],
])("of %i rows a quarter, and at most 8, may prepare", (rows_max, count) => {
  expect(new Gate<Guest>({ ...LIMITS, rows_max }).preparing_max).toBe(count);
});

test("as many as may prepare at once all go on, and one more ends the longest", () => {
  const gate = new Gate<Guest>(LIMITS);
  const visitors = preparing(gate, 3);
  expect(visitors.map(({ is_refused }) => is_refused)).toEqual([false, false, false]);
  const [last] = preparing(gate, 1);
  expect(visitors.map(({ is_refused }) => is_refused)).toEqual([true, false, false]);
  expect(last?.is_refused).toBe(false);
});

test("those that are done, or gone, leave room", () => {
  const gate = new Gate<Guest>(LIMITS);
  const [first, second, third] = preparing(gate, 3);
  gate.prepares(first!, false, 1);
  gate.leave(second!);
  preparing(gate, 2);
  expect([first, second, third].map((visitor) => visitor?.is_refused)).toEqual([false, false, false]);
});
