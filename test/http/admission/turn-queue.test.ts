import { expect, test } from "vitest";
import { TurnQueue } from "../../../src/http/admission/turn-queue.ts";
import { type Guest, guest } from "./guest.ts";

const [a, b, c, d] = [guest(1), guest(2), guest(3), guest(4)];
const preparing = (name: number, prepared_ms: number): Guest => ({
  ...guest(name),
  is_preparing: true,
  prepared_ms,
});

test("the first that waits is the first to be called", () => {
  const queue = new TurnQueue<Guest>();
  expect(queue.isFirst(a)).toBe(true);
  for (const each of [a, b, c]) queue.push(each);
  expect(queue.isFirst(d)).toBe(false);
  expect([queue.take(), queue.take(), queue.take(), queue.take()]).toEqual([a, b, c, undefined]);
});

test("no visitor comes between the pieces of one, and all are there afterwards", () => {
  const queue = new TurnQueue<Guest>();
  queue.inside = b;
  expect([queue.isFirst(a), queue.isFirst(b)]).toEqual([false, true]);
  for (const each of [a, b, c]) queue.push(each);
  expect([queue.take(), queue.take()]).toEqual([b, undefined]);
  queue.inside = undefined;
  expect([queue.take(), queue.take()]).toEqual([a, c]);
});

test("a visitor that prepares waits for all others, and of those that do the least comes first", () => {
  const queue = new TurnQueue<Guest>();
  const [long, short] = [preparing(5, 900), preparing(6, 2)];
  for (const each of [long, short, a]) queue.push(each);
  expect(queue.isFirst(b)).toBe(false);
  expect([queue.take(), queue.take(), queue.take()]).toEqual([a, short, long]);
  queue.push(long);
  expect([queue.isFirst(a), queue.isFirst(short)]).toEqual([true, false]);
});

test("a visitor that prepares is passed over in three turns, and comes in the fourth", () => {
  const queue = new TurnQueue<Guest>();
  const long = preparing(5, 900);
  queue.push(long);
  for (let turn = 0; turn < 3; turn++) {
    queue.push(a);
    queue.turn();
    expect(queue.take()).toBe(a);
  }
  queue.push(a);
  queue.turn();
  expect([queue.take(), queue.take()]).toEqual([long, a]);
});

test("a visitor that must give up is called first of those that prepare", () => {
  const queue = new TurnQueue<Guest>();
  const [refused, short] = [{ ...preparing(5, 900), is_refused: true }, preparing(6, 2)];
  for (const each of [short, refused]) queue.push(each);
  expect(queue.take()).toBe(refused);
});
