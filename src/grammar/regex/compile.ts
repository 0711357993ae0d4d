/**
 * A regular expression without anchors and lookaheads → a node. The encoder decides how a character is written: as itself, or as
 * inside a JSON string.
 */
import { EMPTY, type Nodes } from "../nodes.ts";
import type { CodePoints } from "./code-points.ts";
import type { Regex } from "./syntax.ts";

export type Encoder = (set: CodePoints) => number;

export function* regexNode(nodes: Nodes, regex: Regex, encode: Encoder): Generator<undefined, number> {
  if (nodes.effort.isDue()) yield;
  switch (regex.type) {
    case "set":
      return encode(regex.set);
    case "seq":
      return yield* nodes.chain("word", yield* all(regex.items));
    case "alt":
      return yield* nodes.either(yield* all(regex.branches));
    case "repeat":
      return nodes.wordRepeat(yield* regexNode(nodes, regex.item, encode), regex.min, regex.max);
    case "and":
      return nodes.and(yield* all(regex.parts));
    case "not":
      return nodes.not(yield* regexNode(nodes, regex.item, encode));
    default:
      return EMPTY;
  }
  function* all(parts: readonly Regex[]): Generator<undefined, number[]> {
    const made: number[] = [];
    for (const part of parts) made.push(yield* regexNode(nodes, part, encode));
    return made;
  }
}
