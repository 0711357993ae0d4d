/** What every stage declares about itself is true. */
import { describe, expect, test } from "vitest";
import { parseStepOptions } from "../../../src/sampling/options/step-options.ts";
import { STAGES } from "../../../src/sampling/stages/index.ts";

describe("the example of", () => {
  test.each(STAGES.map(({ name, example }) => [name, example] as const))(
    "%s is taken, and switches it on",
    (name, example) => {
      const [inChain] = parseStepOptions({ chain: [{ stage: name, ...example }] }).chain;
      expect(inChain?.skipped).toBeUndefined();
      const short = parseStepOptions({ ...example }).chain.find(({ stage }) => stage.name === name);
      expect(short?.options).toMatchObject(inChain?.options ?? {});
    },
  );
});

describe("the options of", () => {
  test.each(STAGES.map(({ name, options }) => [name, options.shape] as const))(
    "%s are described",
    (name, shape) => {
      for (const [option, schema] of Object.entries(shape))
        if (option !== "stage") expect(schema.description, `${name}.${option}`).toMatch(/.{10}/);
    },
  );
});
