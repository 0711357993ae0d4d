import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { positionOf, scaleOf, startValue, valueAt } from "../../playground/src/controls/control.ts";
import { followLatest } from "../../playground/src/state/latest.ts";
import { type Chosen, readHash, writeHash } from "../../playground/src/state/url.ts";
import { STAGES } from "../../src/sampling/stages/index.ts";
import { jsonSchemaOf, propertiesOf } from "../../src/schemas/options.ts";

const CHOSEN: Chosen = {
  view: "sample",
  source: { kind: "text", text: 'a: 1\n"~ (b)": -2' },
  chain: [
    { stage: "temperature", options: { temperature: 0.8 }, on: true },
    { stage: "logit_bias", options: { logit_bias: { "3": -1, "4": "-inf" } }, on: false },
    { stage: "bad_words_ids", options: { bad_words_ids: [[1, 2], [3]] }, on: true },
  ],
  seed: "-9223372036854775808",
  step: 12,
};

describe("the address", () => {
  test("brings back what was chosen", () => {
    expect(readHash(writeHash(CHOSEN))).toEqual(CHOSEN);
  });

  test("holds any values of options", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (value, text) => {
        const chosen: Chosen = {
          ...CHOSEN,
          source: { kind: "text", text },
          chain: [{ stage: "top_p", options: { top_p: value }, on: true }],
        };
        expect(JSON.stringify(readHash(writeHash(chosen)))).toBe(JSON.stringify(chosen));
      }),
    );
  });

  test.each(["", "#", "#view=none&step=-1&chain=top_p", "#chain=top_p(top_p={)&row=file", "#seed=%E0%A4%A"])(
    "%j says nothing that can be read, and nothing breaks",
    (hash) => {
      expect(Object.values(readHash(hash)).every((value) => value === undefined)).toBe(true);
    },
  );
});

const NUMBERS = STAGES.flatMap(({ name, options }) =>
  Object.entries(propertiesOf(jsonSchemaOf(options)))
    .filter(([, { type }]) => type === "number" || type === "integer")
    .map(([option, schema]) => [`${name}.${option}`, schema] as const),
);

describe("sliders", () => {
  test.each(NUMBERS)("%s spans a range in which its start lies and which its ends reach", (_, schema) => {
    const scale = scaleOf(schema);
    expect(scale.high).toBeGreaterThan(scale.low);
    expect(Number.isFinite(scale.high - scale.low)).toBe(true);
    expect(valueAt(scale, 0)).toBeCloseTo(scale.low, 1);
    expect(valueAt(scale, 1)).toBeCloseTo(scale.high, 0);
    const start = startValue(schema);
    expect(start).toBeGreaterThanOrEqual(scale.low);
    expect(start).toBeLessThanOrEqual(scale.high);
  });

  test("a position and its value agree", () => {
    const scale = scaleOf({ type: "number", minimum: 0, maximum: 1, description: "Usual: 0.02 to 0.1." });
    for (const t of [0.2, 0.5, 0.9]) expect(positionOf(scale, valueAt(scale, t))).toBeCloseTo(t, 1);
  });

  test("what is usual decides the range of an open number, the bounds that of a narrow one", () => {
    const open = { type: "number", minimum: 0, maximum: 1000, description: "Usual: 0.2 to 1.5." };
    expect(scaleOf(open)).toEqual({ low: 0, high: 2, power: 1, is_whole: false });
    expect(scaleOf({ type: "number", minimum: 0, maximum: 1, description: "Usual: 0.8 to 0.98." }).high).toBe(
      1,
    );
  });
});

test("work that follows a value does the first and then the newest, one at a time", async () => {
  const done: number[] = [];
  const releases: (() => void)[] = [];
  const follow = followLatest<number>(async (value) => {
    await new Promise<void>((resolve) => releases.push(resolve));
    done.push(value);
  });
  for (const value of [1, 2, 3, 4]) follow(value);
  expect(releases).toHaveLength(1);
  releases[0]?.();
  await new Promise((resolve) => setImmediate(resolve));
  releases[1]?.();
  await new Promise((resolve) => setImmediate(resolve));
  expect(done).toEqual([1, 4]);
  expect(releases).toHaveLength(2);
});
