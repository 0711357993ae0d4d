/**
 * The options of all steps have few V8 shapes. An object literal that begins with a spread and adds fields has a new
 * shape each time.
 */
import { expect, test } from "vitest";
import { DEFAULT_OPTION_LIMITS } from "../../../src/sampling/options/option-limits.ts";
import { parseStepOptions } from "../../../src/sampling/options/step-options.ts";
import { parseReplay } from "../../../src/sampling/replay.ts";
import { parseVerifyOptions } from "../../../src/sampling/verify/options.ts";
import { shapesAmong } from "../../shapes.ts";

const OPTIONS = { temperature: 0.8, top_k: 4 };
const PARSERS = {
  "of a step": (seed: string) => parseStepOptions({ ...OPTIONS, seed }),
  "of a draft": (seed: string) => parseVerifyOptions({ ...OPTIONS, seed, draft_token_ids: [1, 2] }),
  "of a replay": (seed: string) =>
    parseReplay({ ...OPTIONS, seed, step: 0, token_id: 1 }, DEFAULT_OPTION_LIMITS),
};

test.each(Object.entries(PARSERS))("%s", (_, parse) => {
  const options = Array.from({ length: 200 }, (_, seed) => parse(String(seed)));
  // V8 compiles their constructors once or twice during the test.
  expect(shapesAmong(options)).toBeLessThanOrEqual(4);
});
