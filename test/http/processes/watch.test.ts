/** Which workers count as hung: those that leave questions of the primary unanswered. */
import { describe, expect, test } from "vitest";
import { Watch } from "../../../src/http/processes/watch.ts";

const PINGS_MAX = 5;

function watchOf(workers: readonly number[], patience = PINGS_MAX) {
  const told = { pinged: [] as number[], hung: [] as number[] };
  const watch = new Watch<number>({
    patience,
    ping: (worker) => told.pinged.push(worker),
    hangs: (worker) => told.hung.push(worker),
  });
  for (const worker of workers) watch.watch(worker);
  const ticks = (count: number) => {
    for (let tick = 0; tick < count; tick++) watch.tick();
  };
  return { watch, told, ticks };
}

describe("a worker that leaves questions unanswered", () => {
  test.each([
    [PINGS_MAX - 1, []],
    [PINGS_MAX, []],
    [PINGS_MAX + 1, [1]],
    [PINGS_MAX + 9, [1]],
  ])("hangs when the next one is due after all that it may leave: after %i steps %j", (steps, hung) => {
    const { told, ticks } = watchOf([1]);
    ticks(steps);
    expect(told.hung).toEqual(hung);
  });

  test("is asked so often, and then no more", () => {
    const { told, ticks } = watchOf([1]);
    ticks(20);
    expect(told.pinged).toHaveLength(PINGS_MAX);
  });

  test("counts as silent from the second step on, until it hangs or answers", () => {
    const { watch, ticks } = watchOf([1, 2]);
    ticks(1);
    expect(watch.silent).toBe(0);
    ticks(1);
    expect(watch.silent).toBe(2);
    watch.heard(2);
    expect(watch.silent).toBe(1);
    ticks(PINGS_MAX - 1);
    expect(watch.silent).toBe(1);
  });
});

test("a worker that answers now and then never counts as hung, whatever the others do", () => {
  const { watch, told, ticks } = watchOf([1, 2]);
  for (let round = 0; round < 10; round++) {
    ticks(PINGS_MAX);
    watch.heard(1);
  }
  expect(told.hung).toEqual([2]);
});

test("one that may be silent for as long as it likes counts as silent, and never hangs", () => {
  const { watch, told, ticks } = watchOf([1], Number.POSITIVE_INFINITY);
  ticks(100);
  expect([told.hung, watch.silent]).toEqual([[], 1]);
  watch.heard(1);
  expect(watch.silent).toBe(0);
});

test("one that is not loaded yet may say something, and is not asked", () => {
  const { watch, told, ticks } = watchOf([]);
  watch.heard(1);
  ticks(PINGS_MAX + 1);
  expect([told.pinged, told.hung, watch.silent]).toEqual([[], [], 0]);
});

test("one that is gone is not asked", () => {
  const { watch, told, ticks } = watchOf([1, 2]);
  watch.forget(1);
  ticks(PINGS_MAX + 1);
  expect([told.hung, told.pinged.includes(1)]).toEqual([[2], false]);
});
