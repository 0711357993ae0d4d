/** A choice of literal texts. Texts with a common prefix share it, so each place has few branches. */
import { EMPTY, NEVER, type Nodes } from "./nodes.ts";

export function* choiceNode(nodes: Nodes, texts: readonly string[]): Generator<undefined, number> {
  const encoder = new TextEncoder();
  const encoded = texts.map((text) => encoder.encode(text));
  return yield* among(nodes, encoded, 0);
}

/** Any of the texts. They are equal up to `depth`. */
function* among(nodes: Nodes, texts: readonly Uint8Array[], depth: number): Generator<undefined, number> {
  const [first] = texts;
  if (first === undefined) return NEVER;
  let end = texts.length === 1 ? first.length : depth;
  while (end < first.length && texts.every((text) => text[end] === first[end])) {
    end++;
    nodes.effort.units += texts.length;
    if (nodes.effort.isDue()) yield;
  }
  return yield* nodes.longText(first.subarray(depth, end), yield* apart(nodes, texts, end));
}

/** Behind what they share. */
function* apart(nodes: Nodes, texts: readonly Uint8Array[], depth: number): Generator<undefined, number> {
  const branches: number[] = [];
  const by_byte = new Map<number, Uint8Array[]>();
  for (const text of texts) {
    const byte = text[depth];
    const group = byte === undefined ? undefined : by_byte.get(byte);
    if (byte === undefined) branches.push(EMPTY);
    else if (group === undefined) by_byte.set(byte, [text]);
    else group.push(text);
  }
  nodes.effort.units += texts.length;
  for (const group of by_byte.values()) branches.push(yield* among(nodes, group, depth));
  return yield* nodes.either(branches);
}
