/** What a test of texts is asked: the scheme's options as far as a text shows them. */
import * as z from "zod";
import { parseWith } from "../../options/parse.ts";
import { requireScheme } from "../choice.ts";
import { MARKING, type MarkOptions, type TestOptions, type WatermarkScheme } from "./scheme.ts";

export interface TestChoice {
  readonly scheme: WatermarkScheme;
  readonly options: TestOptions<MarkOptions>;
}

/** The scheme that these fields name, and its options. */
export function parseTest(fields: Readonly<Record<string, unknown>>): TestChoice {
  const scheme = requireScheme(fields, "");
  const options = parseWith(testSchemaOf(scheme), fields, "");
  return { scheme, options: options as unknown as TestOptions<MarkOptions> }; // what its own schema made
}

/** The schema of a scheme without what says how the mark was laid. */
export function testSchemaOf({ options }: WatermarkScheme): z.ZodObject {
  const laid: readonly string[] = MARKING;
  return z.strictObject(
    Object.fromEntries(Object.entries(options.shape).filter(([name]) => !laid.includes(name))),
  );
}
