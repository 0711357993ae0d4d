/** A text that completes a state, found byte by byte: simple enough to check by reading. */
import type { Grammar } from "../../../src/grammar/grammar.ts";
import { NEVER } from "../../../src/grammar/nodes.ts";

/**
 * Bytes in the order of the search: bytes that end strings, objects and lists come first, bytes that open another one
 * last.
 */
const FIRST = [...new TextEncoder().encode('"}]0nulltruefase,:-123456789.aZ')];
const LAST = [...new TextEncoder().encode("{[\\")];
const BYTES = [
  ...new Set([
    ...FIRST,
    ...Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => !LAST.includes(byte)),
    ...LAST,
  ]),
];
const LENGTH_MAX = 600;

/** undefined: the search found none */
export function completion({ automaton }: Grammar, from: number): Uint8Array | undefined {
  const seen = new Set([from]);
  const states = [from];
  const tried = [0];
  const text: number[] = [];
  for (let at = 0; at >= 0; ) {
    if (automaton.nullable(states[at]!)) return Uint8Array.from(text.slice(0, at));
    let next = NEVER;
    while (next === NEVER && at < LENGTH_MAX && tried[at]! < BYTES.length) {
      text[at] = BYTES[tried[at]!++]!;
      next = automaton.step(states[at]!, text[at]!);
      if (seen.has(next)) next = NEVER;
    }
    if (next === NEVER) {
      at--;
      continue;
    }
    at++;
    seen.add(next);
    states[at] = next;
    tried[at] = 0;
  }
  return undefined;
}
