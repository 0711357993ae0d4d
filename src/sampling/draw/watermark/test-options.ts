/** The options of a test of texts: the scheme's options that affect detection. */
import * as z from "zod";
import { parseWith } from "../../options/parse.ts";
import { requireScheme } from "../choice.ts";
import { MARKING, type MarkOptions, type TestOptions, type WatermarkScheme } from "./scheme.ts";

export interface TestChoice {
  readonly scheme: WatermarkScheme;
  readonly options: TestOptions<MarkOptions>;
}

/** The scheme that these fields name, with its options. */
export function parseTest(fields: Readonly<Record<string, unknown>>): TestChoice {
  const scheme = requireScheme(fields, "");
  const options = parseWith(testSchemaOf(scheme), fields, "");
  return { scheme, options: options as unknown as TestOptions<MarkOptions> }; // parsed by its own schema
}

/** The schema of a scheme without the options that only affect the draw. */
export function testSchemaOf({ options }: WatermarkScheme): z.ZodObject {
  const laid: readonly string[] = MARKING;
  return z.strictObject(
    Object.fromEntries(Object.entries(options.shape).filter(([name]) => !laid.includes(name))),
  );
}
