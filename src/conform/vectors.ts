/** The suite in its files: lines of questions with their answers. docs/conformance.md describes every field. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { didYouMean } from "../nearest.ts";

export interface Otherwise extends Answer {
  /** the known mistakes that give this answer */
  readonly as: readonly string[];
}

/** The answer to a question: the fields of its task. */
export type Answer = Readonly<Record<string, unknown>>;

export interface Vector extends Answer {
  readonly id: string;
  readonly section: string;
  readonly task: string;
  readonly rule: string;
  readonly about: string;
  readonly why: string;
  readonly otherwise?: readonly Otherwise[];
}

/** The answer fields of each task. Every other field belongs to the question. */
export const ANSWERS: Readonly<Record<string, readonly string[]>> = {
  distribution: ["kept", "probabilities"],
  combine: ["kept", "probabilities"],
  logprobs: ["logprobs"],
  ranks: ["ranks"],
  draw: ["token_id"],
  verify: ["accepted", "token_id"],
  philox: ["words"],
  mark_token: ["word", "u"],
  mark_score: ["score", "p_value"],
  structured: ["valid"],
  stop: ["finish_reason"],
};

/** Fields that control how an answer is judged; they are not part of the question. */
const JUDGING = ["tolerance", "ties", "otherwise", "why"];

/** The question alone, as a tested program receives it. */
export function questionOf(vector: Vector): Readonly<Record<string, unknown>> {
  const hidden = new Set([...JUDGING, ...(ANSWERS[vector.task] ?? [])]);
  return Object.fromEntries(Object.entries(vector).filter(([name]) => !hidden.has(name)));
}

/** The suite that comes with the package. */
const FOLDER = fileURLToPath(new URL("../../conformance", import.meta.url));

/**
 * All lines of vectors/ and hosts/ in a folder, by file name, optionally of some sections only. Throws an error when there are
 * none.
 */
export function readVectors(folder = FOLDER, sections: readonly string[] = []): Vector[] {
  const vectors: Vector[] = [];
  for (const part of ["vectors", "hosts"]) {
    const path = new URL(`${part}/`, `${pathToFileURL(folder)}/`);
    for (const name of filesIn(path)) {
      const text = readFileSync(new URL(name, path), "utf8");
      for (const line of text.split("\n")) if (line !== "") vectors.push(JSON.parse(line) as Vector); // as the suite writes it
    }
  }
  if (vectors.length === 0)
    throw new Error(
      `${folder} has no vectors/*.ndjson and no hosts/*.ndjson; a checkout of the repository has them in conformance/`,
    );
  const known = [...new Set(vectors.map(({ section }) => section))];
  for (const section of sections)
    if (!known.includes(section))
      throw new Error(
        `there is no section ${section}; there are ${known.join(", ")}${didYouMean(section, known)}`,
      );
  return sections.length === 0 ? vectors : vectors.filter(({ section }) => sections.includes(section));
}

function filesIn(path: URL): string[] {
  try {
    return readdirSync(path)
      .filter((name) => name.endsWith(".ndjson"))
      .sort();
  } catch {
    return [];
  }
}

/** A row in any of its forms, as numbers; null is −Infinity. */
export function rowOf(field: unknown): number[] {
  if (Array.isArray(field))
    return field.map((x: unknown) => (x === null ? Number.NEGATIVE_INFINITY : Number(x)));
  const form = field as {
    readonly f32?: string;
    readonly length?: number;
    readonly fill?: number;
    readonly values?: Readonly<Record<string, number>>;
  }; // as the suite writes it
  if (form.f32 !== undefined)
    return [...new Float32Array(Uint8Array.from(Buffer.from(form.f32, "base64")).buffer)];
  const row = new Array<number>(form.length ?? 0).fill(form.fill ?? 0);
  for (const [id, value] of Object.entries(form.values ?? {})) row[Number(id)] = value;
  return row;
}

/** The length of the row of a case; of several rows, of the first. */
export function sizeOf(vector: Vector): number {
  const field = vector["row"] ?? (vector["rows"] as readonly unknown[])[0]; // a case has one of them
  if (Array.isArray(field)) return field.length;
  const { f32, length = 0 } = field as { readonly f32?: string; readonly length?: number }; // as the suite writes it
  return f32 === undefined ? length : Buffer.from(f32, "base64").length / Float32Array.BYTES_PER_ELEMENT;
}
