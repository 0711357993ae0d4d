/** Clients take turns; the test counts turns, with one connection beside two hundred of another client. */
import { describe, expect, test } from "vitest";
import { FairQueue } from "../../../src/http/admission/fair-queue.ts";
import { Gate, type GateLimits, TURN_MS } from "../../../src/http/admission/gate.ts";
import { type Guest, guest } from "./guest.ts";

const LIMITS: GateLimits = {
  rows_max: 1,
  queue_max: 1000,
  queue_ms: 100,
  held_bytes_max: 1000,
  body_rate_min: 0,
  body_timeout_ms: 1e9,
  answer_timeout_ms: 1e9,
};

function crowd(gate: Gate<Guest>, count: number, client: string): Guest[] {
  return Array.from({ length: count }, (_, name) => {
    const visitor = guest(name, client);
    gate.enter(visitor);
    gate.expect(visitor, 0);
    return visitor;
  });
}

describe("a queue", () => {
  const names = (queue: FairQueue<Guest>) => {
    const taken: string[] = [];
    for (let each = queue.take(); each !== undefined; each = queue.take())
      taken.push(`${each.client}${each.name}`);
    return taken.join(" ");
  };
  const filled = (text: string) => {
    const queue = new FairQueue<Guest>();
    for (const each of text.split(" ")) queue.push(guest(Number(each.slice(1)), each[0]));
    return queue;
  };

  test.each([
    ["a1 a2 a3", "a1 a2 a3"],
    ["a1 a2 a3 b1", "a1 b1 a2 a3"],
    ["a1 a2 b1 b2 c1", "a1 b1 c1 a2 b2"],
    ["a1 b1 b2 b3 b4 a2", "a1 b1 a2 b2 b3 b4"],
  ])("%s is served as %s", (came, served) => {
    expect(names(filled(came))).toBe(served);
  });

  test("a client that was served comes after those that were not, also when it comes anew", () => {
    const queue = filled("a1 a2 b1 c1");
    expect(queue.take()?.name).toBe(1);
    queue.push(guest(3, "a"));
    queue.push(guest(1, "d"));
    expect(names(queue)).toBe("b1 c1 a2 d1 a3");
  });

  test("a visitor that leaves takes no turn of its client, and the length is counted", () => {
    const queue = new FairQueue<Guest>();
    const [one, two, other] = [guest(1, "a"), guest(2, "a"), guest(1, "b")];
    for (const each of [one, two, other]) queue.push(each);
    expect([queue.remove(one), queue.remove(one), queue.length]).toEqual([true, false, 2]);
    expect([...queue.heads()]).toEqual([two, other]);
    expect(names(queue)).toBe("a2 b1");
    expect([queue.first, queue.length]).toEqual([undefined, 0]);
  });
});

/** Every visitor computes for a whole turn and asks again at once. Returns how often each client computed. */
function turnsOf(clients: readonly (readonly [client: string, connections: number])[], turns: number) {
  const gate = new Gate<Guest>(LIMITS);
  const computed = new Map<string, number>();
  gate.spent(TURN_MS);
  for (const [client, connections] of clients)
    for (const visitor of crowd(gate, connections, client)) gate.askTurn(visitor, 0);
  for (let turn = 0; turn < turns; turn++) {
    gate.turn();
    const visitor = gate.next(turn);
    if (visitor === undefined) throw new Error("somebody waits");
    computed.set(visitor.client, (computed.get(visitor.client) ?? 0) + 1);
    gate.spent(TURN_MS);
    gate.askTurn(visitor, turn);
  }
  return computed;
}

describe("turns to compute", () => {
  test("one connection beside two hundred gets half of them", () => {
    expect([
      ...turnsOf(
        [
          ["many", 200],
          ["one", 1],
        ],
        400,
      ),
    ]).toEqual([
      ["many", 200],
      ["one", 200],
    ]);
  });

  test("four clients get a quarter each, however many connections they have", () => {
    const computed = turnsOf(
      [
        ["a", 100],
        ["b", 1],
        ["c", 10],
        ["d", 2],
      ],
      400,
    );
    expect([...computed.values()]).toEqual([100, 100, 100, 100]);
  });

  test("connections of one client come one after the other, as they did", () => {
    const gate = new Gate<Guest>(LIMITS);
    gate.spent(TURN_MS);
    for (const visitor of crowd(gate, 3, "")) gate.askTurn(visitor, 0);
    gate.turn();
    expect([gate.next(0)?.name, gate.next(0)?.name, gate.next(0)?.name]).toEqual([0, 1, 2]);
  });
});

describe("the queue for rows", () => {
  test("a client with one request is second, not last, behind two hundred of another", () => {
    const gate = new Gate<Guest>(LIMITS);
    const [holder] = crowd(gate, 1, "many") as [Guest];
    gate.askRows(holder, 1, 0);
    for (const each of crowd(gate, 200, "many")) gate.queue(each, 1, 0);
    const [one] = crowd(gate, 1, "one") as [Guest];
    gate.queue(one, 1, 0);
    const served: string[] = [];
    for (let last: Guest | undefined = holder; last !== undefined && served.length < 3; ) {
      gate.leave(last);
      last = gate.grant(1);
      served.push(last?.client ?? "nobody");
    }
    expect(served).toEqual(["many", "one", "many"]);
  });

  test("who has stood too long goes, whichever client is next", () => {
    const gate = new Gate<Guest>(LIMITS);
    const [holder] = crowd(gate, 1, "a") as [Guest];
    gate.askRows(holder, 1, 0);
    const [early] = crowd(gate, 1, "b") as [Guest];
    const [late, later] = crowd(gate, 2, "a") as [Guest, Guest];
    gate.queue(late, 1, 50);
    gate.queue(early, 1, 10);
    gate.queue(later, 1, 60);
    expect([gate.expired(109), gate.expired(110), gate.expired(110)]).toEqual([undefined, early, undefined]);
    expect([gate.expired(155), gate.expired(155), gate.expired(160), gate.queued]).toEqual([
      late,
      undefined,
      later,
      0,
    ]);
  });
});
