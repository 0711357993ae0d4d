import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { positionOf, scaleOf, startValue, valueAt } from "../../playground/src/controls/control.ts";
import { rowOfLogits } from "../../playground/src/rows/row.ts";
import { OWN_TEXT } from "../../playground/src/state/calibration.ts";
import { followLatest } from "../../playground/src/state/latest.ts";
import { type Chosen, readHash, writeHash } from "../../playground/src/state/url.ts";
import { runsOf } from "../../playground/src/write/runs.ts";
import { STAGES } from "../../src/sampling/stages/index.ts";
import { jsonSchemaOf, propertiesOf } from "../../src/schemas/options.ts";

const CHOSEN: Chosen = {
  view: "sample",
  source: { kind: "text", text: 'a: 1\n"~ (b)": -2', before: "The cat & the", at: 2 },
  chain: [
    { stage: "temperature", options: { temperature: 0.8 }, on: true },
    { stage: "logit_bias", options: { logit_bias: { "3": -1, "4": "-inf" } }, on: false },
    { stage: "bad_words_ids", options: { bad_words_ids: [[1, 2], [3]] }, on: true },
  ],
  seed: "-9223372036854775808",
  step: 12,
  combination: { combine: { rule: "guidance", guidance_scale: 1.5 }, examples: ["short"] },
  pins: [3, 287],
  order: "llama.cpp",
  text: { prompt: "The sea", runs: [] },
  extras: {},
  beside: undefined,
  compare: { names: ["default", "vllm"], with_numbers: false, observed: "3: 0.5" },
  dials: {},
  calibration: { set: "digits", rows: OWN_TEXT, bins: 15, binning: "equal_width", threshold: 0.95 },
};

const sent = CHOSEN.chain.filter(({ on }) => on).map(({ stage, options }) => ({ stage, ...options }));

/** The state that an address restores: a view's own parts only in that view. */
function broughtBack(chosen: Chosen) {
  return { ...chosen, text: undefined, extras: undefined, dials: undefined, calibration: undefined };
}

describe("the address", () => {
  test("brings back what was chosen", () => {
    expect(readHash(writeHash(CHOSEN))).toEqual(broughtBack(CHOSEN));
  });

  test("holds a written text by its prompt and the runs it was drawn in", () => {
    const here = { tokens: 20, seed: CHOSEN.seed, chain: sent, extras: {} };
    const text = { prompt: "The old; ship @ sea", runs: [here] };
    const chosen: Chosen = { ...CHOSEN, view: "write", source: { kind: "written", index: 4 }, text };
    expect(readHash(writeHash(chosen))).toEqual({ ...broughtBack(chosen), text });
    expect(writeHash(chosen)).toContain("&prompt=The%20old%3B%20ship%20%40%20sea&n=20&");
    const forked = {
      ...text,
      runs: [
        { tokens: 5, seed: "7;@", chain: [{ stage: "top_k", top_k: 3 }], extras: {} },
        here,
        { ...here, seed: "8" },
      ],
    };
    expect(readHash(writeHash({ ...chosen, text: forked })).text).toEqual(forked);
    expect(readHash(writeHash({ ...chosen, view: "sample" })).text).toEqual(text);
    expect(writeHash({ ...CHOSEN, text })).not.toContain("prompt=");
    const unwritten = { ...chosen, text: { prompt: "Not yet", runs: [] } };
    expect(readHash(writeHash(unwritten)).text).toEqual(unwritten.text);
  });

  test("holds the other of two texts, whichever is chosen, with its chain, seed, order and runs", () => {
    const text = { prompt: "The sea", runs: [{ tokens: 20, seed: CHOSEN.seed, chain: sent, extras: {} }] };
    const chain = [{ stage: "top_k", options: { top_k: 9 }, on: true }];
    const extras = { watermark: { scheme: "gumbel", key: "main" } };
    const forced = {
      tokens: 1,
      seed: "7",
      chain: [{ stage: "allowed_token_ids", allowed_token_ids: [27] }],
      extras: {},
    };
    const runs = [{ tokens: 5, seed: "7", chain: [{ stage: "top_k", top_k: 9 }], extras }, forced];
    const beside = { chosen: "B" as const, chain, seed: "7", order: "vllm", extras, runs };
    const chosen: Chosen = { ...CHOSEN, view: "write", text, beside };
    expect(writeHash(chosen)).toContain(
      "&side=B&other=top_k(top_k=9)&other_seed=7&other_order=vllm&other_with=%7B%22watermark%22%3A",
    );
    expect(readHash(writeHash(chosen))).toEqual({ ...broughtBack(chosen), text });
    expect(readHash(writeHash({ ...chosen, view: "sample" })).beside).toBeUndefined();
    expect(readHash(writeHash(chosen).replace("side=B", "side=C")).beside).toBeUndefined();
  });

  test("holds the dials of the learn view that were moved, and takes no other words for numbers", () => {
    const chosen: Chosen = { ...CHOSEN, view: "learn", dials: { cat: 8.2, log_odds: -1.5 } };
    expect(writeHash(chosen)).toBe("#view=learn&dials=cat:8.2,log_odds:-1.5");
    expect(readHash(writeHash(chosen)).dials).toEqual(chosen.dials);
    expect(readHash("#view=learn&dials=cat:,dog:x,Bird:1,fish:2").dials).toEqual({ fish: 2 });
    expect(writeHash({ ...chosen, dials: {} })).toBe("#view=learn");
  });

  test("holds the calibrate view: set, bins, binning, threshold and own rows", () => {
    const calibration = {
      set: "own",
      rows: "0: 1 2\n1: 2 3",
      bins: 7,
      binning: "equal_mass",
      threshold: 0.99,
    } as const;
    const hash = writeHash({ ...CHOSEN, view: "calibrate", calibration });
    expect(readHash(hash)).toMatchObject({ view: "calibrate", calibration });
    const wrong = readHash("#view=calibrate&set=x&bins=1&binning=&threshold=2").calibration;
    expect(wrong).toEqual(CHOSEN.calibration);
  });

  test.each([
    ["2", 2],
    ["40", 40],
    ["41", 15],
    ["1", 15],
  ])("bins=%s are %d", (text, bins) => {
    expect(readHash(`#view=calibrate&bins=${text}`).calibration?.bins).toBe(bins);
  });

  test("a text that is too long goes along as the row that was read of it, or by a name", () => {
    const long: Chosen = { ...CHOSEN, source: { kind: "text", text: " ".repeat(6001), before: "", at: 0 } };
    const row = rowOfLogits(Float32Array.of(1, 0.25), ["a", "b"], "so far");
    const source = { kind: "text", text: '"a": 1\n"b": 0.25', before: "so far", at: 0 };
    expect(readHash(writeHash(long, row)).source).toEqual(source);
    expect(readHash(writeHash(long)).source).toEqual({ kind: "file", name: "a long text" });
    const file: Chosen = { ...CHOSEN, source: { kind: "file", name: "row 1.f32" } };
    expect(readHash(writeHash(file, row)).source).toEqual(source);
    const large = rowOfLogits(new Float32Array(8192));
    expect(readHash(writeHash(file, large)).source).toEqual({ kind: "file", name: "row 1.f32" });
    const short: Chosen = { ...CHOSEN, source: { kind: "text", text: " ".repeat(6000), before: "", at: 0 } };
    expect(readHash(writeHash(short, row)).source).toEqual(short.source);
  });

  test("holds any values of options", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (value, text) => {
        const chosen: Chosen = {
          ...CHOSEN,
          source: { kind: "text", text, before: text, at: 0 },
          chain: [{ stage: "top_p", options: { top_p: value }, on: true }],
        };
        expect(JSON.stringify(readHash(writeHash(chosen)))).toBe(JSON.stringify(broughtBack(chosen)));
      }),
    );
  });

  test.each([
    "",
    "#",
    "#view=none&step=-1&chain=top_p",
    "#chain=top_p(top_p={)&row=file",
    "#seed=%E0%A4%A",
    "#row=constructor:1&n=0;x&at=-1",
  ])("%j says nothing that can be read, and nothing breaks", (hash) => {
    expect(Object.values(readHash(hash)).every((value) => value === undefined)).toBe(true);
  });
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

test("a text's runs are as few as there were changes of seed, chain or other options", () => {
  const warm = [{ stage: "temperature", temperature: 1 }];
  const same = [{ temperature: 1, stage: "temperature" }];
  const cold = [{ stage: "temperature", temperature: 0 }];
  const drawn = [warm, warm, same, cold, warm].map((chain) => ({ seed: "7", chain, extras: {} }));
  const marked = { watermark: { scheme: "gumbel", key: "main" } };
  const again = structuredClone(marked);
  const more = [
    { seed: "8", chain: warm, extras: {} },
    { seed: "8", chain: warm, extras: marked },
    { seed: "8", chain: warm, extras: again },
  ];
  expect(runsOf([...drawn, ...more]).map(({ tokens }) => tokens)).toEqual([3, 1, 1, 1, 2]);
  const drafted = [true, false, false, true].map((begins) => ({
    seed: "8",
    chain: warm,
    extras: {},
    begins,
  }));
  expect(runsOf(drafted).map(({ tokens }) => tokens)).toEqual([3, 1]);
  expect(runsOf([])).toEqual([]);
});
