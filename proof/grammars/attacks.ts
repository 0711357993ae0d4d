/** Requests whose grammars try to use up a worker: its time, its history, its memory. */
import { f32, type Message, tensorMessage } from "../message.ts";
import { FORMS } from "./forms.ts";

export interface Attack {
  readonly name: string;
  /** the i-th request: always the same grammar, or a different one each time */
  message(i: number): Message;
}

const CLASSES = 8192;
const ROW = f32(Array.from({ length: CLASSES }, (_, i) => ((i * 7919) % 1009) / 100));

/** A step with a row of the demo's vocabulary. */
export function step(options: object): Message {
  return tensorMessage("/v1/sample", { seed: "1", ...options }, ROW);
}

/** Sizes at which each form was once exponential, or close to the largest accepted size. */
const SIZES: Readonly<Record<string, readonly number[]>> = {
  "enum beside doubled references": [28, 90],
  "not over doubled references": [24, 90],
  "oneOf over ninefold references": [8, 40],
  "oneOf of nested objects": [5, 9],
  "uniqueItems over a const": [30_000],
  "enum beside another enum": [9000],
  "properties of Unicode in a description": [60_000],
  "properties of Unicode that there are not": [2000],
  "a long literal again and again": [2000],
  "many items, one after the other": [2000],
  "rules that call the next": [5000],
  "parts that may be left out": [1400],
};

/** The i-th grammar of a form differs from all earlier ones, so that none is in the cache. */
function another(value: unknown, i: number): unknown {
  return typeof value === "string" ? value : { ...(value as object), title: `${i}` };
}

const forms: readonly Attack[] = Object.entries(FORMS).flatMap(([name, form]) =>
  (SIZES[name] ?? [100]).map((size) => {
    const { kind, value } = form(size);
    return {
      name: `${name}, ${size}`,
      message: (i: number) => step({ vocabulary: "demo", grammar: { [kind]: another(value, i) } }),
    };
  }),
);

/** 2,000 tokens, a and b in turn, with a different beginning each time. */
const history = (i: number) => Array.from({ length: 2000 }, (_, at) => 65 + ((at < 12 ? i >> at : at) & 1));

const followed: readonly Attack[] = ["(.{0,300}){0,300}x", "[ab]*a[ab]{4000}", "(?:[ab]a?){5000}c"].map(
  (regex) => ({
    name: `a history of 2,000 tokens by ${regex}`,
    message: (i) => step({ vocabulary: "demo", grammar: { regex }, history: history(i) }),
  }),
);

const memory: readonly Attack[] = [
  {
    name: "small grammars with 500,000 characters of description",
    message: (i) =>
      step({
        vocabulary: "demo",
        grammar: { json_schema: { const: i, description: `${i} `.padEnd(500_000, "x") } },
      }),
  },
  {
    name: "a text of 4 MB to wait for",
    message: (i) =>
      step({
        vocabulary: "demo",
        grammar: { regex: "a", after: { text: `${i} `.padEnd(4_000_000, "x") } },
      }),
  },
  {
    name: "300,000 tokens that end a text",
    message: (i) =>
      step({
        vocabulary: "demo",
        grammar: { regex: `a${i}`, end_ids: Array.from({ length: 300_000 }, (_, id) => id) },
      }),
  },
  {
    name: "choices by the thousand",
    message: (i) =>
      step({
        vocabulary: "demo",
        grammar: { choice: Array.from({ length: 9000 }, (_, k) => `${(k * 7919) % 9973} of ${i}, ${k}`) },
      }),
  },
];

export const ATTACKS: readonly Attack[] = [...forms, ...followed, ...memory];
