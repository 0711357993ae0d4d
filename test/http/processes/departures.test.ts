/** When a worker that is leaving stops accepting connections: never as the last one. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Departures } from "../../../src/http/processes/departures.ts";

function departuresOf(...workers: readonly number[]) {
  const retired: number[] = [];
  const departures = new Departures<number>((worker) => retired.push(worker));
  for (const worker of workers) departures.listens(worker);
  return { departures, retired };
}

describe("a worker that is to leave", () => {
  test("takes nothing more at once where another serves", () => {
    const { departures, retired } = departuresOf(1, 2);
    departures.goes(1);
    expect(retired).toEqual([1]);
  });

  test("serves on where it is alone, until another does", () => {
    const { departures, retired } = departuresOf(1);
    departures.goes(1);
    expect([retired, departures.port_is_closed]).toEqual([[], false]);
    departures.listens(2);
    expect([retired, departures.port_is_closed]).toEqual([[1], false]);
  });

  test("is relieved together with all others", () => {
    const { departures, retired } = departuresOf(1, 2);
    departures.goes(1);
    departures.goes(2);
    expect(retired).toEqual([1]);
    departures.listens(3);
    expect(retired).toEqual([1, 2]);
  });

  test("is not retired when it is gone", () => {
    const { departures, retired } = departuresOf(1);
    departures.goes(1);
    departures.gone(1);
    expect(departures.port_is_closed).toBe(true);
    departures.listens(2);
    expect(retired).toEqual([]);
  });

  test("is no affair of the port before it listens", () => {
    const { departures, retired } = departuresOf();
    departures.goes(1);
    departures.listens(2);
    expect(retired).toEqual([]);
  });
});

test("the port stays open while any worker lives, and a leaving worker is retired once while others serve", () => {
  const events = fc.array(fc.tuple(fc.constantFrom("listens", "goes", "gone"), fc.nat(5)), { maxLength: 60 });
  fc.assert(
    fc.property(events, (list) => {
      const open = new Set<number>();
      const going = new Set<number>();
      let number = 0;
      const departures = new Departures<number>((worker) => {
        open.delete(worker);
        expect(going.delete(worker)).toBe(true);
        expect(open.size).toBeGreaterThan(0);
      });
      for (const [event, index] of list) {
        const worker = [...open][index];
        if (event === "listens") {
          number += 1;
          open.add(number);
          departures.listens(number);
        } else if (worker !== undefined && event === "goes") {
          going.add(worker);
          departures.goes(worker);
        } else if (worker !== undefined) {
          open.delete(worker);
          going.delete(worker);
          departures.gone(worker);
        }
        expect(departures.port_is_closed).toBe(open.size === 0);
        if (going.size > 0) expect(going.size).toBe(open.size);
      }
    }),
  );
});
