/** A plain reading of options in a query string, as docs/wire-format.md describes it. */
import { SCHEMAS } from "./contract.ts";

interface Told {
  readonly $ref?: string;
  readonly type?: unknown;
}

/** The type of an option, given directly or through a reference. */
function typeOf({ $ref, type }: Told): unknown {
  return $ref === undefined ? type : SCHEMAS[$ref.split("/").at(-1) ?? ""]?.["type"];
}

const LISTS = new Set(
  [
    "StepHeader",
    "ScoreHeader",
    "DiagnoseHeader",
    "CalibrateHeader",
    "ProbabilitiesHeader",
    "CompareRequest",
  ].flatMap((name) =>
    Object.entries((SCHEMAS[name]?.["properties"] ?? {}) as Readonly<Record<string, Told>>)
      .filter(([, told]) => typeOf(told) === "array")
      .map(([field]) => field),
  ),
);

/** Throws a SyntaxError for an invalid query string. */
export function readQuery(text: string): Record<string, unknown> {
  const fields = new Map<string, unknown>();
  for (const part of text.split("&").filter((each) => each !== "")) {
    const [name, value] = part.split(/=(.*)/s, 2).map((each) => decoded(each));
    if (name === undefined || value === undefined) throw new SyntaxError("no value");
    if (fields.has(name) || name === "__proto__") throw new SyntaxError(`${name} twice`);
    const is_list = LISTS.has(name) && !value.startsWith("[");
    fields.set(name, is_list ? (value === "" ? [] : value.split(",").map(plain)) : plain(value));
  }
  return Object.fromEntries(fields);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw new SyntaxError("not percent-encoded UTF-8");
  }
}

/** The JSON value of the text, or the text itself; long integers stay text. */
function plain(text: string): unknown {
  if (/^\s|\s$|^"/.test(text) || /^-?\d{15,}$/.test(text))
    return /^-?\d{1,15}$/.test(text) ? Number(text) : text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
