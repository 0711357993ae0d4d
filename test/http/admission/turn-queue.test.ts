import { expect, test } from "vitest";
import { TurnQueue } from "../../../src/http/admission/turn-queue.ts";

const visitor = (name: string, client = "") => ({ name, client });

test("the first that waits is the first whose turn it is", () => {
  const queue = new TurnQueue<ReturnType<typeof visitor>>();
  const [a, b, c] = [visitor("a"), visitor("b"), visitor("c")];
  expect(queue.isFirst(a)).toBe(true);
  for (const each of [a, b, c]) queue.push(each);
  expect(queue.isFirst(visitor("d"))).toBe(false);
  expect([queue.take(), queue.take(), queue.take(), queue.take()]).toEqual([a, b, c, undefined]);
});

test("no visitor comes between the pieces of one, and all are there afterwards", () => {
  const queue = new TurnQueue<ReturnType<typeof visitor>>();
  const [a, b, c] = [visitor("a"), visitor("b"), visitor("c")];
  queue.inside = b;
  expect([queue.isFirst(a), queue.isFirst(b)]).toEqual([false, true]);
  for (const each of [a, b, c]) queue.push(each);
  expect([queue.take(), queue.take()]).toEqual([b, undefined]);
  queue.inside = undefined;
  expect([queue.take(), queue.take()]).toEqual([a, c]);
});
