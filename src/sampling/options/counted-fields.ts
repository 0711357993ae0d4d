/**
 * Lists and objects of plain values whose elements are counted before any of them is looked at, and looked at no
 * further than the first that is wrong: a million wrong ones cost a refusal as much time as one.
 */
import * as z from "zod";
import { show } from "../../errors.ts";
import { isRecord } from "../../is-record.ts";

/** A list, and how many elements it may have. They are counted before any is looked at, and the first fault ends the look. */
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

/** How many names an object of names may have. What needs more of them comes as a list. */
const NAMES_MAX = 65_536;

/** An object of names that the client chooses, and their values; counted first, as lists are. */
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

/** JavaScript gives one name a meaning of its own: taken for a name like others, it would be lost. */
function faultOfNames(given: unknown, noun: string): string | undefined {
  if (!isRecord(given)) return `must be an object of ${noun}, got ${show(given)}`;
  const names = Object.keys(given);
  if (names.length > NAMES_MAX) return `may have at most ${NAMES_MAX} names, got ${names.length}`;
  return Object.hasOwn(given, "__proto__") ? 'may have any name but "__proto__"' : undefined;
}

/** Tells of the first element that the schema does not take. It may not change what it takes: what was sent goes on. */
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
