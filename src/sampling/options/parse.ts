/** Parses untrusted values with zod, and turns its first issue into a Problem with a pointer. */
import * as z from "zod";
import { Problem, pointerTo, show } from "../../errors.ts";
import { didYouMean } from "../../nearest.ts";

/** The checked value, or a Problem whose pointer begins with `pointer`. */
export function parseWith<T>(schema: z.ZodType<T>, value: unknown, pointer: string): T {
  const result = schema.safeParse(value, OWN_WORDS);
  if (result.success) return result.data;
  const { issues } = result.error;
  // An unknown name is reported before a missing one, because it often explains it.
  const first = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0];
  throw problemOf(schema, first as z.core.$ZodIssue, pointer); // a failed parse has at least one issue
}

/** The error sentences for a wrong type of fields without their own rule; they replace zod's. */
export const OWN_WORDS: z.core.ParseContext<z.core.$ZodIssue> = {
  error(issue) {
    if (issue.code !== "invalid_type") return undefined;
    const noun = /^[aeiou]/.test(issue.expected) ? `an ${issue.expected}` : `a ${issue.expected}`;
    return `must be ${noun}, got ${show(issue.input)}`;
  },
};

function problemOf(schema: z.ZodType, issue: z.core.$ZodIssue, pointer: string): Problem {
  const path = issue.path.map(String);
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0] as string; // zod reports the issue only with a key
    return new Problem(
      "unknown_option",
      `there is no option ${show(key)} here${didYouMean(key, fieldsAt(schema, issue.path))}`,
      pointer + pointerTo([...path, key]),
    );
  }
  const subject = (path.length === 0 ? pointer.slice(1).replaceAll("/", ".") : path.join(".")) || "the value";
  return new Problem("invalid_option", `${subject} ${issue.message}`, pointer + pointerTo(path));
}

/** Names of the fields of the object at a path; none when the path leads to a union. */
function fieldsAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let at: unknown = schema;
  for (const part of [...path, undefined]) {
    while (at instanceof z.ZodOptional || at instanceof z.ZodNullable || at instanceof z.ZodDefault)
      at = at.unwrap();
    if (part === undefined) return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
    if (at instanceof z.ZodArray) at = at.element;
    else if (at instanceof z.ZodObject) at = at.shape[String(part)];
  }
  return [];
}
