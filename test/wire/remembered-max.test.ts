/** The size of the caches of texts: they keep the allowed number, and one text more clears them. */
import { expect, test } from "vitest";
import { parseStepOptions } from "../../src/sampling/options/step-options.ts";
import { recentChain } from "../../src/sampling/recent-chains.ts";
import { IN_JSON, IN_QUERY, REMEMBERED_MAX, RememberedTexts } from "../../src/wire/remembered.ts";

const PLAN = {
  tensor: { dtype: "f32" as const, step_rows: 1 },
  sparse: undefined,
  options: parseStepOptions({}),
};

/** Reads `texts` until each is cached, then reports whether the first still is, before and after another text. */
function remembered(read: (text: string, make: () => void) => void): boolean[] {
  const is_known = (text: string) => {
    let made = 0;
    read(text, () => {
      made += 1;
    });
    return made === 0;
  };
  for (let key = 0; key < REMEMBERED_MAX; key++)
    for (let time = 0; time < 2; time++) is_known(`{"top_k":${key}}`);
  const before = is_known('{"top_k":0}');
  is_known('{"top_k":1000}');
  return [before, is_known('{"top_k":0}')];
}

test.each([
  ["query strings", IN_QUERY],
  ["JSON", IN_JSON],
])("%s, which have to come twice", (_name, forms) => {
  const texts = new RememberedTexts<typeof PLAN>(forms);
  const read = (text: string, make: () => void) => {
    texts.of(text, () => {
      make();
      return PLAN;
    });
  };
  expect(remembered(read)).toEqual([true, false]);
});

test("chains, in the one memory that there is", () => {
  const is_known = (key: number) => {
    let made = 0;
    recentChain(undefined, { plans_max_test: key }, () => {
      made += 1;
      return [];
    });
    return made === 0;
  };
  // Repeats until the cache has just been cleared, whatever it contained: with this key and the one before.
  let key = 1;
  is_known(0);
  while (!is_known(key) && is_known(key - 1)) key += 1;
  expect(key).toBeLessThanOrEqual(REMEMBERED_MAX);
  for (let more = 1; more <= REMEMBERED_MAX - 2; more++) is_known(key + more);
  expect(is_known(key)).toBe(true);
  is_known(-1);
  expect(is_known(key)).toBe(false);
});
