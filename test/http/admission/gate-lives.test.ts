/** Ten thousand seeded random runs of a gate, in each of which the invariants must hold. */
import { expect, test } from "vitest";
import { Gate, type GateLimits } from "../../../src/http/admission/gate.ts";
import { type Guest, guest } from "./guest.ts";

/** Park and Miller's generator, in [0, 1). */
function generator(seed: number): () => number {
  let state = seed + 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** The end of a request. */
type Fate = "answered" | "refused" | "cut" | "gone";

/**
 * One random run of a gate: the seed decides how requests arrive, send, stall, break off and compute, until all have
 * ended.
 */
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
      queue_max: this.#whole(0, 3),
      queue_ms: this.#whole(1, 30),
      answer_timeout_ms: this.#whole(50, 500),
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
    this.#serveQueue();
    const here = [...this.fates.keys()].filter((visitor) => this.fates.get(visitor)?.length === 0);
    if (may_come && (here.length === 0 || this.#random() < 0.4)) this.#come();
    else if (here.length > 0) this.#act(here[this.#whole(0, here.length - 1)] as Guest);
  }

  #serveQueue(): void {
    for (const each of this.gate.relieve(this.#now_ms)) this.#over(each, "cut");
    for (let next = this.gate.grant(this.#now_ms); next !== undefined; next = this.gate.grant(this.#now_ms))
      this.check();
    for (
      let next = this.gate.expired(this.#now_ms);
      next !== undefined;
      next = this.gate.expired(this.#now_ms)
    )
      this.#over(next, "refused");
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
    else if (visitor.phase === "answering") this.#take(visitor);
    else if (visitor.phase !== "arriving" || visitor.waiting_since_ms !== undefined) return;
    else if (chance < 0.7) this.#receive(visitor, this.#whole(1, 400));
    else {
      visitor.phase = "computing";
      if (this.gate.askTurn(visitor, this.#now_ms)) this.#compute(visitor);
    }
  }

  #receive(visitor: Guest, bytes: number): void {
    visitor.received_bytes += bytes;
    const binary = visitor.name % 2 === 0;
    if (binary && visitor.rows > 0) return;
    const { granted, leaving } = binary
      ? this.gate.askRows(visitor, 1, this.#now_ms)
      : this.gate.askBytes(visitor, bytes, this.#now_ms);
    for (const each of leaving) this.#over(each, "cut");
    if (!granted && !(binary && this.gate.queue(visitor, 1, this.#now_ms))) this.#over(visitor, "refused");
  }

  /** The client reads a part of its answer. */
  #take(visitor: Guest): void {
    visitor.taken_bytes += this.#whole(0, 400);
    if (this.#random() < 0.3) this.#over(visitor, "answered");
  }

  #compute(visitor: Guest): void {
    if (this.gate.spent(this.#random() * 3)) this.#turn_due = true;
    if (this.#random() < 0.4) this.#over(visitor, "answered");
    else if (this.#random() < 0.5) this.gate.answers(visitor, this.#now_ms);
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

  /** The invariants that hold at any time. */
  check(): void {
    const { gate, limits, fates } = this;
    const here = [...fates].filter(([, list]) => list.length === 0).map(([visitor]) => visitor);
    const rows = here.reduce((sum, each) => sum + each.rows, 0);
    const bytes = here.reduce((sum, { held_bytes }) => sum + held_bytes, 0);
    const within = gate.rows_out <= limits.rows_max && gate.held_bytes <= limits.held_bytes_max;
    // Evicted visitors are notified one after the other; until then they still count as present, but hold nothing.
    if (gate.queued > limits.queue_max || !within || rows !== gate.rows_out || bytes !== gate.held_bytes)
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
  // Each of these events must have happened often.
  for (const fate of Object.values(seen)) expect(fate).toBeGreaterThan(10_000);
});
