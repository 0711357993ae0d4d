import { expect, test } from "vitest";
import { TurnQueue } from "../../../src/http/admission/turn-queue.ts";

test("the first that waits is the first whose turn it is", () => {
  const queue = new TurnQueue<string>();
  expect(queue.isFirst("a")).toBe(true);
  for (const each of ["a", "b", "c"]) queue.push(each);
  expect(queue.isFirst("d")).toBe(false);
  expect([queue.take(), queue.take(), queue.take(), queue.take()]).toEqual(["a", "b", "c", undefined]);
});

test("nobody comes between the pieces of one, and all are there afterwards", () => {
  const queue = new TurnQueue<string>();
  queue.inside = "b";
  expect([queue.isFirst("a"), queue.isFirst("b")]).toEqual([false, true]);
  for (const each of ["a", "b", "c"]) queue.push(each);
  expect([queue.take(), queue.take()]).toEqual(["b", undefined]);
  queue.inside = undefined;
  expect([queue.take(), queue.take()]).toEqual(["a", "c"]);
});
