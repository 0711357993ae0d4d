/** Sets of code points → nodes over the bytes of UTF-8. */
import { NEVER, type Nodes } from "../nodes.ts";
import { type CodePoints, pairsOf } from "./code-points.ts";

/** The last code point of one, two, three and four bytes. */
const ENDS = [0x7f, 0x7ff, 0xffff, 0x10ffff] as const;

/** One character of the set. */
export function utf8Node(nodes: Nodes, set: CodePoints): number {
  const branches: number[] = [];
  for (const [from, to] of pairsOf(set)) addRange(nodes, from, to, branches);
  return branches.length === 0 ? NEVER : nodes.alt(branches);
}

/** Splits a range until each part contains all byte sequences between those of its two ends, place by place. */
function addRange(nodes: Nodes, from: number, to: number, branches: number[]): void {
  for (const end of ENDS) {
    if (from > end || to <= end) continue;
    addRange(nodes, from, end, branches);
    addRange(nodes, end + 1, to, branches);
    return;
  }
  const length = ENDS.findIndex((end) => to <= end) + 1;
  for (let place = 1; place < length; place++) {
    const below = (1 << (6 * place)) - 1;
    if ((from & ~below) === (to & ~below)) continue;
    if ((from & below) !== 0) {
      addRange(nodes, from, from | below, branches);
      addRange(nodes, (from | below) + 1, to, branches);
      return;
    }
    if ((to & below) !== below) {
      addRange(nodes, from, (to & ~below) - 1, branches);
      addRange(nodes, to & ~below, to, branches);
      return;
    }
  }
  const low = bytesOf(from, length);
  const high = bytesOf(to, length);
  branches.push(nodes.word(...low.map((byte, i) => nodes.range(byte, high[i]!))));
}

const LEADS = [0, 0xc0, 0xe0, 0xf0] as const;

function bytesOf(code_point: number, length: number): number[] {
  if (length === 1) return [code_point];
  const bytes: number[] = [];
  for (let place = length - 1; place > 0; place--)
    bytes.push(0x80 | ((code_point >> (6 * (place - 1))) & 0x3f));
  return [LEADS[length - 1]! | (code_point >> (6 * (length - 1))), ...bytes];
}
