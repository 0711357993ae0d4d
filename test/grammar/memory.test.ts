/** The bytes counted for grammars match the garbage collector's figures. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { DEFAULT_GRAMMARS_LIMITS, Grammars } from "../../src/grammar/grammars.ts";
import type { GrammarSource } from "../../src/grammar/source.ts";
import { plainDigest } from "../../src/sampling/receipt.ts";
import { DEMO } from "./texts.ts";

setFlagsFromString("--expose_gc");
const collect = runInNewContext("gc") as () => void;

function usedBytes(): number {
  for (let i = 0; i < 3; i++) collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const NONE = { after: undefined, end_ids: undefined };
const UTF8 = new TextEncoder();
const sourceOf = (kind: string, value: unknown): GrammarSource => ({
  kind,
  value,
  whitespace: "any",
  property_order: "schema",
});
const wide = (i: number, count: number) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, k) => [`p${i}x${k}`, { type: "string", maxLength: k }]),
  );

const KINDS: Readonly<Record<string, (i: number) => GrammarSource>> = {
  "small ones with long descriptions": (i) =>
    sourceOf("json_schema", { const: i, description: `${i}`.repeat(20_000) }),
  "objects with many properties": (i) => sourceOf("json_schema", { properties: wide(i, 60) }),
  "choices with many branches": (i) =>
    sourceOf(
      "choice",
      Array.from({ length: 800 }, (_, k) => `${String.fromCodePoint(k + 256)}${i}`),
    ),
  "regexes with sets": (i) => sourceOf("regex", `${i}(?:\\p{L}|[^a-z]{1,${i + 3}}){0,9}`),
};

test.each(Object.entries(KINDS))("%s take at most 1.3 times what is counted", (_, source) => {
  const limits = { ...DEFAULT_GRAMMARS_LIMITS, kept_bytes_max: Number.POSITIVE_INFINITY };
  const grammars = new Grammars(limits, (text) => plainDigest(UTF8.encode(text)));
  const add = (from: number, to: number) => {
    for (let i = from; i < to; i++)
      for (const _ of grammars.work(source(i), DEMO, NONE, function* (matcher) {
        const state = yield* matcher.follow([], 0);
        yield* matcher.make(state);
      }));
  };
  // Created once and shared by all of them.
  add(0, 8);
  const [used, counted] = [usedBytes(), grammars.figures.bytes];
  add(8, 58);
  const more_used = usedBytes() - used;
  const more_counted = grammars.figures.bytes - counted;
  expect(more_used).toBeLessThan(1.3 * more_counted);
});
