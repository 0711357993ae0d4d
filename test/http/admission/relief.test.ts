/** When all garbage is collected: once, after much memory was held and most of it was freed. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Relief } from "../../../src/http/admission/relief.ts";

const MIB = 1024 * 1024;
let collections = 0;
let relief: Relief;
beforeEach(() => {
  vi.useFakeTimers();
  collections = 0;
  relief = new Relief(() => {
    collections += 1;
  });
});
afterEach(() => void vi.useRealTimers());

test.each([
  ["much, and then little", [33, 8], 1],
  ["much, and then not so little", [33, 9], 0],
  ["not much", [32, 0], 0],
  ["much twice at once", [100, 1, 100, 1], 1],
  ["more and more", [33, 40, 50], 0],
])("what is held is %s", (_name, mib, times) => {
  for (const each of mib) relief.holds(each * MIB);
  vi.advanceTimersByTime(999);
  expect(collections).toBe(0);
  vi.advanceTimersByTime(1);
  expect(collections).toBe(times);
});

test("another time it is collected again", () => {
  for (let round = 1; round <= 3; round++) {
    relief.holds(64 * MIB);
    relief.holds(0);
    vi.advanceTimersByTime(1000);
    expect(collections).toBe(round);
  }
});

test("what is released little by little is collected at rest, twice", () => {
  for (let i = 0; i < 40; i++) {
    relief.holds(2 * MIB);
    relief.holds(0);
    vi.advanceTimersByTime(500);
  }
  expect(collections).toBe(0);
  // The wait in which the last of it came ends within 3 seconds, and a quiet one after it.
  vi.advanceTimersByTime(60_000);
  expect(collections).toBe(2);
  vi.advanceTimersByTime(60_000);
  expect(collections).toBe(2);
});

test.each([
  ["at the limit", 4, 0],
  ["above it", 5, 2],
])("two MiB held and released again and again, %s", (_name, rounds, times) => {
  for (let i = 0; i < rounds; i++) {
    relief.holds(2 * MIB);
    relief.holds(0);
  }
  vi.advanceTimersByTime(60_000);
  expect(collections).toBe(times);
});

test("small requests do not keep the worker from its rest", () => {
  for (let i = 0; i < 5; i++) {
    relief.holds(2 * MIB);
    relief.holds(0);
  }
  for (let i = 0; i < 40; i++) {
    relief.holds(1000);
    relief.holds(0);
    vi.advanceTimersByTime(100);
  }
  expect(collections).toBe(1);
});

test("work on grammars that goes on is not held up by a collection, however long it takes", () => {
  for (let ms = 0; ms < 60_000; ms += 200) {
    relief.worked(200);
    vi.advanceTimersByTime(200);
  }
  expect(collections).toBe(0);
  vi.advanceTimersByTime(6000);
  expect(collections).toBe(1);
});

test.each([
  ["below a tenth of a second", [99], 0],
  ["a tenth of a second", [60, 40], 1],
  ["four seconds", [2000, 2000], 1],
])("grammars that take %s, and five seconds of rest", (_name, ms, times) => {
  for (const each of ms) relief.worked(each);
  vi.advanceTimersByTime(5999);
  expect(collections).toBe(0);
  vi.advanceTimersByTime(1);
  expect(collections).toBe(times);
  vi.advanceTimersByTime(60_000);
  expect(collections).toBe(times);
});

test("the rest begins anew with each work on grammars", () => {
  for (let i = 0; i < 8; i++) {
    relief.worked(200);
    vi.advanceTimersByTime(4999);
  }
  expect(collections).toBe(0);
  vi.advanceTimersByTime(1001);
  expect(collections).toBe(1);
});

test("grammars rest after five seconds and after fifteen, and what they let go the second time is collected", () => {
  const rests: number[] = [];
  let drops = false;
  const began = Date.now();
  relief = new Relief(
    () => {
      collections += 1;
    },
    () => {
      rests.push(Date.now() - began);
      return drops;
    },
  );
  relief.worked(200);
  vi.advanceTimersByTime(60_000);
  expect(rests).toEqual([5000, 15_000]);
  expect(collections).toBe(1);
  drops = true;
  relief.worked(200);
  vi.advanceTimersByTime(60_000);
  expect(rests.slice(2)).toEqual([65_000, 75_000]);
  expect(collections).toBe(3);
});

test("work between the two rests begins anew", () => {
  let rests = 0;
  relief = new Relief(
    () => undefined,
    () => {
      rests += 1;
      return false;
    },
  );
  relief.worked(200);
  vi.advanceTimersByTime(14_999);
  expect(rests).toBe(1);
  relief.worked(200);
  vi.advanceTimersByTime(4999);
  expect(rests).toBe(1);
  vi.advanceTimersByTime(1);
  expect(rests).toBe(2);
});
