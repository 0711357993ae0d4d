/**
 * Lists and objects of plain values. The elements are counted before any is checked, and the check ends at the
 * first fault, so a million wrong elements cost a refusal no more than one.
 */
import * as z from "zod";
import { show } from "../../errors.ts";
import { isRecord } from "../../is-record.ts";

/** A list with bounds on its length. The elements are counted before any is checked, and the first fault ends the check. */
export function listOf<Item extends z.ZodType>(
  item: Item,
  { noun, min = 0, max }: { readonly noun: string; readonly min?: number; readonly max: number },
) {
  const sentence = `must be an array of ${min === 0 ? `at most ${max}` : `${min} to ${max}`} ${noun}`;
  return z
    .custom<readonly z.output<Item>[]>()
    .superRefine((value: unknown, context) => {
      const length = Array.isArray(value) ? value.length : undefined;
      if (length === undefined || length < min || length > max)
        context.addIssue({
          code: "custom",
          continue: false,
          message: `${sentence}, got ${length ?? show(value)}`,
        });
      else checkEach(item, value as object, context);
    })
    .meta({ type: "array", items: schemaOf(item), ...(min > 0 && { minItems: min }), maxItems: max });
}

/** Maximum number of names in an object of names. An option that needs more takes a list. */
const NAMES_MAX = 65_536;

/** An object of names, chosen by the client, and their values. It is counted first, like lists. */
export function namedValues<Value extends z.ZodType>(value: Value, noun: string) {
  return z
    .custom<Readonly<Record<string, z.output<Value>>>>()
    .superRefine((given: unknown, context) => {
      const message = faultOfNames(given, noun);
      if (message !== undefined) context.addIssue({ code: "custom", continue: false, message });
      else checkEach(value, given as object, context);
    })
    .meta({ type: "object", additionalProperties: schemaOf(value) });
}

/** JavaScript gives the name __proto__ a special meaning, and an entry of that name would be lost. */
function faultOfNames(given: unknown, noun: string): string | undefined {
  if (!isRecord(given)) return `must be an object of ${noun}, got ${show(given)}`;
  const names = Object.keys(given);
  if (names.length > NAMES_MAX) return `may have at most ${NAMES_MAX} names, got ${names.length}`;
  return Object.hasOwn(given, "__proto__") ? 'may have any name but "__proto__"' : undefined;
}

/**
 * Reports the first element that the schema refuses. The schema must not change its value, because the value as sent is
 * used.
 */
function checkEach(schema: z.ZodType, elements: object, context: z.core.$RefinementCtx): void {
  for (const [name, element] of Object.entries(elements)) {
    const result = schema.safeParse(element);
    if (result.success) continue;
    const { path, message } = result.error.issues[0] as z.core.$ZodIssue; // a failed parse has at least one issue
    context.addIssue({ code: "custom", continue: false, path: [name, ...path], message });
    return;
  }
}

function schemaOf(schema: z.ZodType): Readonly<Record<string, unknown>> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  return rest;
}
