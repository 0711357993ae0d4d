/** The gate alone: its rules by hand, and then ten thousand seeded lives of it in which nothing may go wrong. */
import { describe, expect, test } from "vitest";
import {
  Gate,
  type GateLimits,
  RATE_MS_MIN,
  TURN_MS,
  TURN_MS_MAX,
  type Visitor,
} from "../../../src/http/admission/gate.ts";

const LIMITS: GateLimits = { rows_max: 2, held_bytes_max: 1000, body_rate_min: 1000, body_timeout_ms: 500 };

interface Guest extends Visitor {
  readonly name: number;
}

function guest(name = 0): Guest {
  return {
    name,
    received_bytes: 0,
    expected_ms: 0,
    held_since_ms: Number.POSITIVE_INFINITY,
    held_bytes: 0,
    has_row: false,
    arriving: false,
    waiting_since_ms: undefined,
  };
}

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
  test("is there for as many as there are rows, and then for nobody new", () => {
    const gate = new Gate<Guest>(LIMITS);
    const [a, b, c] = expected(gate, 3) as [Guest, Guest, Guest];
    expect(gate.askRow(a, 0).granted && gate.askRow(b, 0).granted).toBe(true);
    expect([gate.askRow(c, 1), gate.saturated, gate.rows_out]).toEqual([
      { granted: false, leaving: [] },
      true,
      2,
    ]);
    gate.leave(a);
    expect([gate.askRow(c, 2).granted, gate.leave(a), gate.rows_out]).toEqual([true, false, 2]);
  });

  test("is taken from the slowest body that is too slow", () => {
    const gate = new Gate<Guest>(LIMITS);
    const [a, b, c] = expected(gate, 3) as [Guest, Guest, Guest];
    gate.askRow(a, 0);
    gate.askRow(b, 0);
    a.received_bytes = 9;
    b.received_bytes = 5;
    expect(gate.askRow(c, RATE_MS_MIN - 1).granted).toBe(false);
    expect(gate.askRow(c, RATE_MS_MIN)).toEqual({ granted: true, leaving: [b] });
    expect([gate.leave(b), gate.rows_out, b.has_row]).toEqual([false, 2, false]);
  });

  test.each<[string, (slow: Guest, gate: Gate<Guest>) => void]>([
    ["came quickly", (slow) => Object.assign(slow, { received_bytes: 100 })],
    ["is complete", (slow) => Object.assign(slow, { arriving: false })],
    ["waits for its turn", (slow, gate) => expect(gate.spent(TURN_MS) && gate.askTurn(slow, 1)).toBe(false)],
    ["was not read because the server computed", (_, gate) => void gate.spent(90)],
  ])("is not taken from a body that %s", (_name, make) => {
    const gate = new Gate<Guest>({ ...LIMITS, rows_max: 1 });
    const [slow, other] = expected(gate, 2) as [Guest, Guest];
    gate.askRow(slow, 0);
    make(slow, gate);
    expect(gate.askRow(other, 100).granted).toBe(false);
  });
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
  gate.askRow(a, 0);
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

/** Park and Miller's generator, in [0, 1). */
function generator(seed: number): () => number {
  let state = seed + 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** What became of a request. */
type Fate = "answered" | "refused" | "cut" | "gone";

/** One life of a gate: requests come, send, stall, break off and compute, as the seed has it, until all are over. */
class Life {
  readonly fates = new Map<Guest, Fate[]>();
  readonly gate: Gate<Guest>;
  readonly limits: GateLimits;
  readonly #random: () => number;
  #now_ms = 0;
  #turn_due = false;

  constructor(seed: number) {
    this.#random = generator(seed);
    this.limits = {
      rows_max: this.#whole(1, 4),
      held_bytes_max: this.#whole(100, 5000),
      body_rate_min: this.#whole(0, 20_000),
      body_timeout_ms: this.#whole(50, 500),
    };
    this.gate = new Gate(this.limits);
  }

  run(): void {
    for (let event = 0; event < 60; event++) this.#step(true);
    for (let event = 0; this.gate.visitors > 0 && event < 10_000; event++) this.#step(false);
  }

  #step(may_come: boolean): void {
    this.#now_ms += this.#random() * 10;
    for (const late of this.gate.overdue(this.#now_ms)) this.#over(late, "cut");
    if (this.#turn_due && this.#random() < 0.5) this.#turn();
    const here = [...this.fates.keys()].filter((visitor) => this.fates.get(visitor)?.length === 0);
    if (may_come && (here.length === 0 || this.#random() < 0.4)) this.#come();
    else if (here.length > 0) this.#act(here[this.#whole(0, here.length - 1)] as Guest);
  }

  #come(): void {
    const visitor = guest(this.fates.size);
    this.fates.set(visitor, []);
    this.gate.enter(visitor);
    this.gate.expect(visitor, this.#now_ms);
  }

  #act(visitor: Guest): void {
    const chance = this.#random();
    if (chance < 0.03) this.#over(visitor, "gone");
    else if (!visitor.arriving || visitor.waiting_since_ms !== undefined) return;
    else if (chance < 0.7) this.#receive(visitor, this.#whole(1, 400));
    else {
      visitor.arriving = false;
      if (this.gate.askTurn(visitor, this.#now_ms)) this.#compute(visitor);
    }
  }

  #receive(visitor: Guest, bytes: number): void {
    visitor.received_bytes += bytes;
    const binary = visitor.name % 2 === 0;
    if (binary && visitor.has_row) return;
    const { granted, leaving } = binary
      ? this.gate.askRow(visitor, this.#now_ms)
      : this.gate.askBytes(visitor, bytes, this.#now_ms);
    for (const each of leaving) this.#over(each, "cut");
    if (!granted) this.#over(visitor, "refused");
  }

  #compute(visitor: Guest): void {
    if (this.gate.spent(this.#random() * 3)) this.#turn_due = true;
    if (this.#random() < 0.7) this.#over(visitor, "answered");
    else if (this.gate.askTurn(visitor, this.#now_ms)) this.#compute(visitor);
  }

  #turn(): void {
    this.#turn_due = false;
    this.gate.turn();
    for (let next = this.gate.next(this.#now_ms); next !== undefined; next = this.gate.next(this.#now_ms))
      this.#compute(next);
  }

  #over(visitor: Guest, fate: Fate): void {
    this.gate.leave(visitor);
    this.fates.get(visitor)?.push(fate);
    this.check();
  }

  /** What must hold at any time. */
  check(): void {
    const { gate, limits, fates } = this;
    const here = [...fates].filter(([, list]) => list.length === 0).map(([visitor]) => visitor);
    const rows = here.filter(({ has_row }) => has_row).length;
    const bytes = here.reduce((sum, { held_bytes }) => sum + held_bytes, 0);
    const within = gate.rows_out <= limits.rows_max && gate.held_bytes <= limits.held_bytes_max;
    // Visitors that were cut are told one after the other: until then they are here and hold nothing.
    if (!within || rows !== gate.rows_out || bytes !== gate.held_bytes)
      throw new Error(`${rows} of ${gate.rows_out} rows, ${bytes} of ${gate.held_bytes} bytes`);
  }

  #whole(min: number, max: number): number {
    return min + Math.floor(this.#random() * (max - min + 1));
  }
}

test("in 10,000 lives every request has one fate, nothing is held beyond its bound, and nothing at the end", () => {
  const seen: Record<Fate, number> = { answered: 0, refused: 0, cut: 0, gone: 0 };
  for (let seed = 0; seed < 10_000; seed++) {
    const life = new Life(seed);
    life.run();
    const wrong = [...life.fates.values()].find((list) => list.length !== 1);
    const { rows_out, held_bytes, visitors } = life.gate;
    if (wrong !== undefined || rows_out + held_bytes + visitors > 0)
      expect({ seed, wrong, rows_out, held_bytes, visitors }).toBe("as it should be");
    for (const [fate] of life.fates.values()) seen[fate as Fate] += 1;
  }
  // Each of them must really have happened, and often.
  for (const fate of Object.values(seen)) expect(fate).toBeGreaterThan(10_000);
});
