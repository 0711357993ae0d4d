/**
 * The values that a JSON schema admits, by ajv, which reads the schema itself; formats are checked by the runtime's own
 * RegExp.
 */
import { Ajv2020 } from "ajv/dist/2020.js";
import { FORMATS } from "../../../src/grammar/json/formats.ts";

/** Throws ajv's error when it does not accept the schema. */
export function validityOf(schema: unknown): (value: unknown) => boolean {
  const validate = shared().compile(schema as object | boolean); // ajv looks itself
  shared().removeSchema(schema as object | boolean);
  return (value) => validate(value) === true;
}

let ajv: Ajv2020 | undefined;

function shared(): Ajv2020 {
  if (ajv !== undefined) return ajv;
  // With the exact value, 0.3 would not be a multiple of 0.1.
  ajv = new Ajv2020({ strict: false, logger: false, multipleOfPrecision: 9 });
  for (const { name, regex, length_max = Number.POSITIVE_INFINITY } of FORMATS) {
    const whole = new RegExp(`^(?:${regex})$`, "u");
    ajv.addFormat(name, (text) => text.length <= length_max && whole.test(text));
  }
  return ajv;
}
