/** Too long lists and texts of a grammar are refused by their length: none of their elements is read or copied. */
import { expect, test } from "vitest";
import { grammarField } from "../../../src/sampling/options/grammar-field.ts";

/** The numbers from 0 on, and a count of those that were read. */
function watchedList(length: number) {
  const reads = { count: 0 };
  const list = new Proxy(
    Array.from({ length }, (_, i) => i),
    {
      get(target, key) {
        if (typeof key === "string" && /^\d+$/.test(key)) reads.count++;
        return Reflect.get(target, key);
      },
    },
  );
  return { list, reads };
}

const FIELD = grammarField();

const PLACES: readonly (readonly [name: string, place: (list: readonly number[]) => object])[] = [
  ["end_ids", (end_ids) => ({ end_ids })],
  ["after.token_ids", (token_ids) => ({ after: { token_ids } })],
];

test.each(PLACES)("%s of 1,023 and 1,024 ids are read, and of 1,025 none is", (_name, place) => {
  for (const length of [1023, 1024]) {
    const { list, reads } = watchedList(length);
    expect(FIELD.safeParse({ regex: "a", ...place(list) }).success).toBe(true);
    expect(reads.count).toBeGreaterThanOrEqual(length);
  }
  const { list, reads } = watchedList(1025);
  const refused = FIELD.safeParse({ regex: "a", ...place(list) });
  expect(refused.error?.issues[0]?.message).toBe("must list at most 1024 tokens, got 1025");
  expect(reads.count).toBe(0);
});

test("a text to wait for may have 1,024 characters, and no field is read behind a longer one", () => {
  const withText = (length: number) => ({ regex: "a", after: { text: "x".repeat(length) } });
  for (const length of [1023, 1024]) expect(FIELD.safeParse(withText(length)).success).toBe(true);
  let reads = 0;
  const grammar = {
    ...withText(1025),
    get json_schema() {
      reads++;
      return undefined;
    },
  };
  reads = 0;
  const refused = FIELD.safeParse(grammar);
  expect(refused.error?.issues[0]?.message).toBe("must have at most 1024 characters, got 1025");
  expect(reads).toBe(0);
});
