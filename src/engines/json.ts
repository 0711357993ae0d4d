/** Helpers for JSON from an engine, where any field may have any type. */
import { isRecord } from "../is-record.ts";
import { EngineError } from "./engine.ts";

/** The value at a path of names and indices; undefined when the path does not exist. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((inside, step) => {
    if (typeof step === "number") return Array.isArray(inside) ? inside[step] : undefined;
    return isRecord(inside) ? inside[step] : undefined;
  }, value);
}

/** The list at a path; empty when there is none. */
export function listIn(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

export function numberIn(value: unknown, ...path: readonly (string | number)[]): number | undefined {
  const found = at(value, ...path);
  return typeof found === "number" ? found : undefined;
}

export function textIn(value: unknown, ...path: readonly (string | number)[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === "string" ? found : undefined;
}

/** The non-negative integers of a list; undefined when the list contains anything else. */
export function idsIn(value: unknown, ...path: readonly (string | number)[]): number[] | undefined {
  const found = at(value, ...path);
  if (!Array.isArray(found)) return undefined;
  return found.every((id) => Number.isSafeInteger(id) && id >= 0) ? (found as number[]) : undefined;
}

/** The ids in an engine's reply to /tokenize. */
export function tokenIdsIn(reply: unknown, url: string): number[] {
  const ids = idsIn(reply, "tokens");
  if (ids === undefined) throw new EngineError(`${url}/tokenize answered no token ids`);
  return ids;
}
