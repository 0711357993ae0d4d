/** One process of the bench: reads file names, compiles each schema and judges its instances, and answers with a line each. */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { Problem } from "../../src/errors.ts";
import { compiled, compileGrammar, type Grammar } from "../../src/grammar/grammar.ts";
import { NEVER } from "../../src/grammar/nodes.ts";
import { keepOrder, namesInOrder } from "../../src/ordered-names.ts";
import { readWritten, written } from "./written.ts";

export interface BenchAnswer {
  readonly file: string;
  readonly weaken: boolean;
  readonly ms: number;
  readonly longest_ms: number;
  readonly bytes: number;
  readonly refused?: { readonly code: string; readonly detail: string; readonly pointer: string };
  readonly notes: readonly { readonly kind: string; readonly keyword: string; readonly detail: string }[];
  /** indexes of instances that were judged wrongly */
  readonly invalid_taken: readonly number[];
  readonly valid_refused: readonly number[];
  /** refused valid instances that are also refused in every tried order of their properties */
  readonly refused_in_any_order: readonly number[];
  /** those of them that property_order "any" refuses too, with larger objects weakened */
  readonly refused_with_any: readonly number[];
  readonly instances: number;
}

interface Instance {
  readonly valid: boolean;
  readonly data: unknown;
}

interface File {
  readonly schema: unknown;
  readonly tests?: readonly Instance[];
}

const UTF8 = new TextEncoder();
const HOW = { whitespace: "compact", property_order: "schema" } as const;

function judge(path: string, weaken: boolean): Omit<BenchAnswer, "file" | "weaken"> {
  const text = readFileSync(path, "utf8");
  const file = JSON.parse(text) as File;
  keepOrder(text, file);
  const { tests = [] } = readWritten(text) as File;
  const begin = process.cpuUsage();
  let longest_ms = 0;
  let grammar: Grammar | undefined;
  let refused: BenchAnswer["refused"];
  try {
    const source = { kind: "json_schema", value: file.schema, ...HOW } as const;
    const pieces = compileGrammar({ ...source, unsupported: weaken ? "weaken" : "refuse" });
    for (let done = false; !done; ) {
      const before = performance.now();
      const next = pieces.next();
      longest_ms = Math.max(longest_ms, performance.now() - before);
      done = next.done === true;
      if (next.done === true) grammar = next.value;
    }
  } catch (error) {
    refused =
      error instanceof Problem
        ? { code: error.code, detail: error.message, pointer: error.pointer }
        : { code: "crash", detail: String(error), pointer: "" };
  }
  const { user, system } = process.cpuUsage(begin);
  const ms = (user + system) / 1000;
  const wrong = {
    invalid_taken: [] as number[],
    valid_refused: [] as number[],
    refused_in_any_order: [] as number[],
    refused_with_any: [] as number[],
  };
  let bytes = grammar?.bytes ?? 0;
  for (const [i, { valid, data }] of grammar === undefined ? [] : tests.entries()) {
    const taken = takesText(grammar, written(data));
    bytes = Math.max(bytes, grammar?.bytes ?? 0);
    if (taken && !valid) wrong.invalid_taken.push(i);
    if (taken || !valid || grammar === undefined) continue;
    wrong.valid_refused.push(i);
    if (!takesInSomeOrder(grammar, data, namesOf(file.schema))) wrong.refused_in_any_order.push(i);
    if (!takesText(inAnyOrder(file.schema), written(data))) wrong.refused_with_any.push(i);
  }
  const notes = (grammar?.notes ?? []).map(({ kind, keyword, detail }) => ({ kind, keyword, detail }));
  const instances = grammar === undefined ? 0 : tests.length;
  return {
    ms,
    longest_ms,
    bytes,
    ...(refused && { refused }),
    notes,
    ...wrong,
    instances,
  };
}

/** The schema with its properties in any order, if they are few; undefined if the result is too large. */
function inAnyOrder(value: unknown): Grammar | undefined {
  try {
    return compiled({ kind: "json_schema", value, ...HOW, property_order: "any", unsupported: "weaken" });
  } catch (error) {
    if (error instanceof Problem) return undefined;
    throw error;
  }
}

function takesText(grammar: Grammar | undefined, text: string): boolean {
  if (grammar === undefined) return false;
  grammar.tidy();
  const state = grammar.advance(grammar.start, UTF8.encode(text));
  return state !== NEVER && grammar.automaton.nullable(state);
}

/** Orders that are tried of one instance. */
const TRIES_MAX = 200_000;

/** The listed names of each schema inside, in order. */
function namesOf(schema: unknown): readonly (readonly string[])[] {
  if (typeof schema !== "object" || schema === null) return [];
  const { properties } = schema as { readonly properties?: unknown };
  const own = typeof properties === "object" && properties !== null ? [namesInOrder(properties)] : [];
  return [...own, ...Object.values(schema).flatMap(namesOf)];
}

type Member = readonly [name: string, value: unknown];

/** The members in the order of the schema that lists most of them, and the shortest list of those. */
function likeSchema(members: readonly Member[], lists: readonly (readonly string[])[]): Member[] {
  const names = new Set(members.map(([name]) => name));
  const sharedBy = (list: readonly string[]) => list.filter((name) => names.has(name)).length;
  const [list = []] = lists.toSorted((a, b) => sharedBy(b) - sharedBy(a) || a.length - b.length);
  const at = new Map(list.map((name, i) => [name, i]));
  return members.toSorted(([a], [b]) => (at.get(a) ?? list.length) - (at.get(b) ?? list.length));
}

/**
 * Whether some order of the properties is accepted. It is searched member by member, those first that the schema lists
 * first, up to a maximum number of tries.
 */
function takesInSomeOrder(grammar: Grammar, value: unknown, lists: readonly (readonly string[])[]): boolean {
  let tries = 0;
  const text = (state: number, part: string) =>
    ++tries > TRIES_MAX || state === NEVER ? NEVER : grammar.advance(state, UTF8.encode(part));
  function* behind(state: number, own: unknown): Generator<number> {
    if (typeof own !== "object" || own === null) yield text(state, written(own));
    else if (Array.isArray(own)) yield* items(text(state, "["), own, 0);
    else yield* members(text(state, "{"), likeSchema(Object.entries(own), lists), true);
  }
  function* items(state: number, list: readonly unknown[], index: number): Generator<number> {
    if (state === NEVER) return;
    if (index === list.length) yield text(state, "]");
    else
      for (const next of behind(index === 0 ? state : text(state, ","), list[index]))
        yield* items(next, list, index + 1);
  }
  function* members(state: number, left: readonly Member[], is_first: boolean): Generator<number> {
    if (state === NEVER) return;
    if (left.length === 0) yield text(state, "}");
    for (const [i, [name, own]] of left.entries()) {
      const named = text(state, `${is_first ? "" : ","}${JSON.stringify(name)}:`);
      if (named === NEVER) continue;
      const others = left.filter((_, k) => k !== i);
      for (const next of behind(named, own)) yield* members(next, others, false);
    }
  }
  for (const state of behind(grammar.start, value))
    if (state !== NEVER && grammar.automaton.nullable(state)) return true;
  return false;
}

for await (const line of createInterface({ input: process.stdin })) {
  const { file, path, weaken } = JSON.parse(line) as { file: string; path: string; weaken: boolean };
  process.stdout.write(`${JSON.stringify({ file, weaken, ...judge(path, weaken) })}\n`);
}
