/** A regular expression without anchors → a node. How a character is written, the encoder says: as it is, or inside a JSON string. */
import { EMPTY, type Nodes } from "../nodes.ts";
import type { CodePoints } from "./code-points.ts";
import type { Regex } from "./syntax.ts";

export type Encoder = (set: CodePoints) => number;

export function regexNode(nodes: Nodes, regex: Regex, encode: Encoder): number {
  const of = (part: Regex): number => {
    switch (part.type) {
      case "set":
        return encode(part.set);
      case "seq":
        return nodes.word(...part.items.map(of));
      case "alt":
        return nodes.alt(part.branches.map(of));
      case "repeat":
        return nodes.wordRepeat(of(part.item), part.min, part.max);
      default:
        return EMPTY;
    }
  };
  return of(regex);
}
