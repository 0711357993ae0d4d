/** A long list of ids is whole whatever its length is beside that of the parts in which it is kept. */
import { expect, test } from "vitest";
import { LONG_LIST, LongList } from "../../../src/wire/json/long-list.ts";

const PART = 16_384;

test.each([0, 1, PART - 1, PART, PART + 1, 3 * PART])(
  "a list whose rest has %i ids, in chunks of 1,000 bytes",
  (length) => {
    const ids = Array.from({ length }, (_, index) => (index * 7919) % 128_256);
    const bytes = Buffer.from(`${ids.join()}]`);
    const list = new LongList(undefined);
    for (let from = 0; from < bytes.length; from += 1000)
      list.scanner.write(bytes.subarray(from, from + 1000), 0);
    const text = list.text();
    expect(JSON.parse(`[5,6${text}]`)).toEqual([5, 6, ...ids]);
    const first = Array.from({ length: LONG_LIST }, (_, index) => index);
    list.end();
    expect(list.complete(first)).toEqual(Int32Array.from([...first, ...ids]));
    expect(list.complete([...first.slice(1), 0.5])).toEqual([...first.slice(1), 0.5, ...ids]);
    expect(list.complete([...first.slice(1), -1])).toEqual(Int32Array.from([...first.slice(1), -1, ...ids]));
  },
);

test("an id takes about four bytes until the list is whole", () => {
  const bytes = Buffer.from(Array.from({ length: 16_384 }, (_, index) => index % 1000).join());
  const before = process.memoryUsage();
  const lists = Array.from({ length: 256 }, () => {
    const list = new LongList(undefined);
    list.scanner.write(bytes, 0);
    return list;
  });
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  expect(lists.length).toBe(256);
  expect(arrayBuffers - before.arrayBuffers).toBeGreaterThan(8 * 2 ** 20);
  expect(heapUsed - before.heapUsed).toBeLessThan(24 * 2 ** 20);
});
