/** A body waits for its rows to be sampled, and this time does not count as time of the body. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { readConfig } from "../../../src/config/config.ts";
import { Admission } from "../../../src/http/admission/admission.ts";
import { TURN_MS, TURN_MS_MAX } from "../../../src/http/admission/gate.ts";
import { Intake } from "../../../src/http/exchange/turns.ts";
import { createSampler } from "../../../src/sampling/sampler.ts";

afterEach(() => void vi.restoreAllMocks());

const BODY_TIMEOUT_MS = 1000;

/**
 * The intake of a ticket whose body arrives, with its own clock. Each piece of work takes this long; `behind` runs
 * after it.
 */
function opened(piece_ms: number, behind: () => void = () => undefined) {
  let now_ms = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now_ms);
  const { limits } = readConfig({ LOGIT_SAMPLER_BODY_TIMEOUT_MS: String(BODY_TIMEOUT_MS) });
  const admission = new Admission(createSampler({ vocab_size_max: 128, rows_max: 1 }), limits);
  const ticket = admission.enter();
  ticket.expect({}, () => undefined);
  const told: string[] = [];
  let pieces = 0;
  const intake = new Intake(
    { ticket, isWanted: () => true },
    {
      pause: () => told.push("pause"),
      resume: () => told.push("resume"),
      refuse: (error) => told.push(`refuse: ${error}`),
    },
    {
      next() {
        if (pieces === 0) return false;
        pieces -= 1;
        now_ms += piece_ms;
        return true;
      },
      done() {
        told.push("done");
        queueMicrotask(behind);
      },
      fail: (error) => told.push(String(error)),
    },
  );
  return {
    admission,
    ticket,
    intake,
    told,
    wrote(more: number) {
      pieces += more;
      return intake.wrote();
    },
    overdue: () => admission.gate.overdue(now_ms).length,
    pass: (ms: number) => {
      now_ms += ms;
    },
    untilDone: async () => {
      while (pieces > 0) await new Promise(setImmediate);
      await new Promise(setImmediate);
    },
  };
}

describe("a body", () => {
  test("that is taken at once is not told to wait", () => {
    const { wrote, told, intake, ticket } = opened(0);
    expect(wrote(5)).toBe(true);
    expect([told, ticket.phase]).toEqual([[], "arriving"]);
    intake.end();
    expect(told).toEqual(["done"]);
    ticket.leave();
  });

  test("waits while its rows take longer than a turn, and is not timed meanwhile", async () => {
    const { wrote, told, intake, ticket, overdue, untilDone } = opened(400);
    expect(wrote(10)).toBe(false);
    expect(told).toEqual(["pause"]);
    expect(overdue()).toBe(0);
    await untilDone();
    expect([told, ticket.phase, overdue()]).toEqual([["pause", "resume"], "arriving", 0]);
    intake.end();
    expect(told).toEqual(["pause", "resume", "done"]);
    ticket.leave();
  });

  test("whose end is told while its rows wait is done once, and takes no turn of the work behind it", async () => {
    const work = vi.fn(() => 0);
    const { wrote, told, intake, ticket, admission, untilDone } = opened(TURN_MS + 1, () => {
      ticket.compute(() => TURN_MS_MAX);
      ticket.compute(work); // the turn is full: it waits for the next one
    });
    admission.gate.turn(TURN_MS_MAX); // as in a busy event loop: there is time for more work in this turn
    expect(wrote(1)).toBe(false);
    intake.end(); // Node tells the end of a body in the tick of its last bytes, also where these paused it
    for (let turn = 0; turn < 4; turn++) await untilDone();
    expect(work).toHaveBeenCalledTimes(1);
    expect(told).toEqual(["pause", "done"]);
    ticket.leave();
  });

  test("is timed by all that is its own", async () => {
    const { wrote, overdue, pass, untilDone } = opened(400);
    pass(BODY_TIMEOUT_MS / 2);
    wrote(10);
    await untilDone();
    pass(BODY_TIMEOUT_MS / 2 - 1);
    expect(overdue()).toBe(0);
    pass(2);
    expect(overdue()).toBe(1);
  });
});

test("a second job of a ticket whose first waits for its turn is a defect, told by name", async () => {
  const { ticket, untilDone } = opened(0);
  const [first, second] = [vi.fn(() => TURN_MS_MAX), vi.fn(() => 0)];
  ticket.compute(first); // the turn is full now
  const waiting = vi.fn(() => 0);
  ticket.compute(waiting);
  expect(() => ticket.compute(second)).toThrow("assertion failed: a request asks for its next turn after");
  for (let turn = 0; turn < 4; turn++) await untilDone();
  expect([first, waiting, second].map(({ mock }) => mock.calls.length)).toEqual([1, 1, 0]);
  ticket.leave();
});
