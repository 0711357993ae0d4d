/** The gate alone: its rules, checked by hand. */
import { describe, expect, test } from "vitest";
import { Gate, type GateLimits, TURN_MS, TURN_MS_MAX } from "../../../src/http/admission/gate.ts";
import { ANSWER_MS_MIN, IDLE_MS_MIN, RATE_MS_MIN } from "../../../src/http/admission/visitor.ts";
import { type Guest, guest } from "./guest.ts";

const LIMITS: GateLimits = {
  rows_max: 2,
  queue_max: 2,
  queue_ms: 100,
  held_bytes_max: 1000,
  body_rate_min: 1000,
  body_timeout_ms: 500,
  answer_timeout_ms: 400,
};

/** Visitors of a gate whose bodies are expected from time 0 on. */
function expected(gate: Gate<Guest>, count: number): Guest[] {
  return Array.from({ length: count }, (_, name) => {
    const visitor = guest(name);
    gate.enter(visitor);
    gate.expect(visitor, 0);
    return visitor;
  });
}

describe("a row", () => {
  test("has room for as many visitors as rows, and then for no new one", () => {
    const gate = new Gate<Guest>(LIMITS);
    const [a, b, c] = expected(gate, 3) as [Guest, Guest, Guest];
    expect(gate.askRows(a, 1, 0).granted && gate.askRows(b, 1, 0).granted).toBe(true);
    expect([gate.askRows(c, 1, 1), gate.saturated, gate.rows_out]).toEqual([
      { granted: false, leaving: [] },
      false,
      2,
    ]);
    gate.leave(a);
    expect([gate.askRows(c, 1, 2).granted, gate.leave(a), gate.rows_out]).toEqual([true, false, 2]);
  });

  test("of several is given to one that has the others before the queue, which cannot wait for it", () => {
    const gate = new Gate<Guest>({ ...LIMITS, rows_max: 3 });
    const [a, b, c] = expected(gate, 3) as [Guest, Guest, Guest];
    gate.askRows(a, 1, 0);
    gate.askRows(b, 1, 0);
    gate.queue(c, 2, 0);
    expect([gate.askRows(a, 2, 1).granted, a.rows, gate.rows_out]).toEqual([true, 2, 3]);
    expect([gate.askRows(b, 2, 1).granted, b.rows, gate.rows_out]).toEqual([false, 1, 3]);
    gate.leave(a);
    expect([gate.rows_out, gate.grant(2), c.rows, gate.rows_out]).toEqual([1, c, 2, 3]);
  });

  test("is taken from the slowest body that is too slow", () => {
    const gate = new Gate<Guest>(LIMITS);
    const [a, b, c] = expected(gate, 3) as [Guest, Guest, Guest];
    gate.askRows(a, 1, 0);
    gate.askRows(b, 1, 0);
    a.received_bytes = 9;
    b.received_bytes = 5;
    expect(gate.askRows(c, 1, RATE_MS_MIN - 1).granted).toBe(false);
    expect(gate.askRows(c, 1, RATE_MS_MIN)).toEqual({ granted: true, leaving: [b] });
    expect([gate.leave(b), gate.rows_out, b.rows]).toEqual([false, 2, 0]);
  });

  test.each<[string, (slow: Guest, gate: Gate<Guest>) => void]>([
    ["came quickly", (slow) => Object.assign(slow, { received_bytes: 100 })],
    ["is complete", (slow) => Object.assign(slow, { phase: "computing" })],
    ["is not read by the server", (slow) => Object.assign(slow, { read: false })],
    ["waits for its turn", (slow, gate) => expect(gate.spent(TURN_MS) && gate.askTurn(slow, 1)).toBe(false)],
    ["was not read because the server computed", (_, gate) => void gate.spent(90)],
  ])("is not taken from a body that %s", (_name, make) => {
    const gate = new Gate<Guest>({ ...LIMITS, rows_max: 1 });
    const [slow, other] = expected(gate, 2) as [Guest, Guest];
    gate.askRows(slow, 1, 0);
    make(slow, gate);
    expect(gate.askRows(other, 1, 100).granted).toBe(false);
  });
});

describe("the queue for rows", () => {
  /** A gate whose two rows are in use, and three more visitors that need one; the queue has room for two. */
  function crowd() {
    const gate = new Gate<Guest>(LIMITS);
    const [a, b, c, d, e] = expected(gate, 5) as [Guest, Guest, Guest, Guest, Guest];
    for (const visitor of [a, b]) gate.askRows(visitor, 1, 0);
    for (const visitor of [a, b]) visitor.phase = "computing";
    const places = [gate.queue(c, 1, 10), gate.queue(d, 1, 20), gate.queue(e, 1, 30)];
    return { gate, a, b, c, d, e, places };
  }

  test("has as many places as it says, and who would come then is told to go", () => {
    const { gate, places, d } = crowd();
    expect([places, gate.queued, gate.saturated]).toEqual([[true, true, false], 2, true]);
    gate.leave(d);
    expect([gate.queued, gate.saturated]).toEqual([1, false]);
  });

  test("is served in order, and no visitor passes it", () => {
    const { gate, a, b, c, d, e } = crowd();
    expect(gate.grant(40)).toBeUndefined();
    gate.leave(a);
    expect([gate.askRows(e, 1, 40).granted, gate.grant(40), gate.grant(40)]).toEqual([false, c, undefined]);
    gate.leave(b);
    expect([gate.grant(50), gate.queued, gate.rows_out, gate.askRows(e, 1, 50).granted]).toEqual([
      d,
      0,
      2,
      false,
    ]);
  });

  test("is left by those who have stood in it for as long as one may", () => {
    const { gate, c, d } = crowd();
    expect(gate.expired(109)).toBeUndefined();
    expect([gate.expired(110), gate.expired(110), gate.expired(120), gate.queued]).toEqual([
      c,
      undefined,
      d,
      0,
    ]);
    // Time in the queue does not count as time of the body.
    expect([c, d].map(({ phase, expected_ms }) => [phase, expected_ms])).toEqual([
      ["arriving", 100],
      ["arriving", 100],
    ]);
  });

  test("makes slow bodies go, which hold what it waits for", () => {
    const { gate, a, c } = crowd();
    a.phase = "arriving";
    expect([gate.relieve(40), gate.grant(40), gate.rows_out]).toEqual([[a], c, 2]);
  });
});

describe("an answer", () => {
  test("gives its row back, and gives way when its client takes too little and its bytes are wanted", () => {
    const gate = new Gate<Guest>(LIMITS);
    const [a, b, c] = expected(gate, 3) as [Guest, Guest, Guest];
    gate.askRows(a, 1, 0);
    gate.askBytes(a, 600, 0);
    gate.answers(a, 0);
    expect([gate.rows_out, gate.askBytes(b, 401, ANSWER_MS_MIN - 1).granted]).toEqual([0, false]);
    a.taken_bytes = 2000;
    expect(gate.askBytes(b, 401, ANSWER_MS_MIN).granted).toBe(false);
    a.taken_bytes = 999;
    expect(gate.askBytes(c, 401, ANSWER_MS_MIN)).toEqual({ granted: true, leaving: [a] });
  });

  test("is overdue when nothing of it was taken for too long", () => {
    const gate = new Gate<Guest>(LIMITS);
    const [a] = expected(gate, 1) as [Guest];
    gate.answers(a, 0);
    expect(gate.overdue(399)).toEqual([]);
    a.taken_bytes = 1;
    expect([gate.overdue(400), gate.overdue(799), gate.overdue(800)]).toEqual([[], [], [a]]);
  });
});

test("a stream that waits for its next message gives way after a while, the one that keeps most first", () => {
  const gate = new Gate<Guest>(LIMITS);
  const [a, b, c] = expected(gate, 3) as [Guest, Guest, Guest];
  gate.askBytes(a, 300, 0);
  gate.askBytes(b, 600, 0);
  gate.rests(a, 0);
  gate.rests(b, 0);
  expect(gate.askBytes(c, 200, IDLE_MS_MIN - 1).granted).toBe(false);
  expect(gate.askBytes(c, 200, IDLE_MS_MIN)).toEqual({ granted: true, leaving: [b] });
});

test("the time in which a body is not read is not held against it", () => {
  const gate = new Gate<Guest>(LIMITS);
  const [a] = expected(gate, 1) as [Guest];
  gate.overdue(0);
  a.read = false;
  for (let now_ms = 50; now_ms <= 1000; now_ms += 50) expect(gate.overdue(now_ms)).toEqual([]);
  a.read = true;
  expect([gate.overdue(1499), gate.overdue(1500)]).toEqual([[], [a]]);
});

test("bytes are given back, no more than there were", () => {
  const gate = new Gate<Guest>(LIMITS);
  const [a] = expected(gate, 1) as [Guest];
  gate.askBytes(a, 300, 0);
  gate.freeBytes(a, 100);
  expect([gate.held_bytes, a.held_bytes]).toEqual([200, 200]);
  gate.freeBytes(a, 300);
  expect([gate.held_bytes, a.held_bytes]).toEqual([0, 0]);
});

describe("bytes", () => {
  test("are held up to their bound, by all together, until their visitors leave", () => {
    const gate = new Gate<Guest>(LIMITS);
    const [a, b] = expected(gate, 2) as [Guest, Guest];
    expect([gate.askBytes(a, 600, 0).granted, gate.askBytes(b, 401, 0).granted]).toEqual([true, false]);
    expect([gate.askBytes(b, 400, 0).granted, gate.held_bytes, gate.saturated]).toEqual([true, 1000, true]);
    gate.leave(a);
    expect([gate.held_bytes, gate.saturated]).toEqual([400, false]);
  });

  test("are taken from as many slow bodies as it needs", () => {
    const gate = new Gate<Guest>(LIMITS);
    const [a, b, c, d] = expected(gate, 4) as [Guest, Guest, Guest, Guest];
    for (const [index, visitor] of [a, b, c].entries()) {
      gate.askBytes(visitor, 300, 0);
      visitor.received_bytes = 10 + index;
    }
    expect(gate.askBytes(d, 500, 400)).toEqual({ granted: true, leaving: [a, b] });
    expect(gate.held_bytes).toBe(800);
  });
});

test("a body that takes too long is overdue once, and what it held is free", () => {
  const gate = new Gate<Guest>(LIMITS);
  const [a] = expected(gate, 1) as [Guest];
  gate.askRows(a, 1, 0);
  expect(gate.overdue(499)).toEqual([]);
  expect([gate.overdue(500), gate.overdue(501), gate.rows_out, gate.visitors]).toEqual([[a], [], 0, 0]);
});

test("a body has no longer because the server computes, but as much longer as it waits for its turn", () => {
  const gate = new Gate<Guest>(LIMITS);
  const [a, b] = expected(gate, 2) as [Guest, Guest];
  gate.spent(TURN_MS);
  expect(gate.askTurn(b, 100)).toBe(false);
  gate.spent(400);
  expect(gate.overdue(500)).toEqual([a]);
  gate.turn();
  expect([gate.next(600), gate.overdue(999), gate.overdue(1000)]).toEqual([b, [], [b]]);
});

describe("a turn", () => {
  test("is for those who come while it is not full, and the rest wait in order", () => {
    const gate = new Gate<Guest>(LIMITS);
    const [a, b, c] = expected(gate, 3) as [Guest, Guest, Guest];
    expect([gate.askTurn(a, 0), gate.spent(TURN_MS / 2), gate.spent(TURN_MS / 2)]).toEqual([
      true,
      false,
      true,
    ]);
    expect([gate.askTurn(b, 0), gate.askTurn(c, 0), gate.next(0)]).toEqual([false, false, undefined]);
    gate.turn();
    expect([gate.next(1), gate.spent(TURN_MS), gate.next(1)]).toEqual([b, true, undefined]);
    gate.turn();
    expect([gate.next(2), gate.next(2)]).toEqual([c, undefined]);
  });

  test("lasts as long as the rest of the one before it took, within bounds", () => {
    const gate = new Gate<Guest>(LIMITS);
    for (const [rest_ms, allowed_ms] of [
      [0, TURN_MS],
      [7, 7],
      [1000, TURN_MS_MAX],
      [1, TURN_MS],
    ] as const) {
      gate.turn(rest_ms);
      expect([gate.spent(allowed_ms - 0.5), gate.spent(0.5)]).toEqual([false, true]);
    }
  });

  test("does not come for who has left", () => {
    const gate = new Gate<Guest>(LIMITS);
    const [a, b] = expected(gate, 2) as [Guest, Guest];
    gate.spent(TURN_MS);
    gate.askTurn(a, 0);
    gate.askTurn(b, 0);
    gate.leave(a);
    gate.turn();
    expect(gate.next(0)).toBe(b);
  });
});
