/** Unicode properties of a regex, such as `\p{L}`, as ranges of code points of the runtime's Unicode version. */
import { Effort } from "../effort.ts";
import { type CodePoints, codePoints } from "./code-points.ts";

const PROPERTY = /\\[pP]\{([A-Za-z_=0-9]{1,64})\}/g;
const PIECE = 0x2000;
/** Maximum number of unknown names that are remembered. */
const UNKNOWN_MAX = 4096;
/** Units of work for looking up a name in the runtime, and for testing one part of all code points. */
const NAME_UNITS = 128;
const PIECE_UNITS = 4096;

/** The runtime knows about 1,500 names in all spellings, so none is dropped. */
const known = new Map<string, CodePoints>();
const unknown = new Set<string>();

/** Loads the properties that a regex names, in pieces. The parser reports unknown names. */
export function* loadProperties(source: string, effort = new Effort()): Generator<undefined, void> {
  for (const [, name = ""] of source.matchAll(PROPERTY)) {
    effort.units++;
    if (effort.isDue()) yield;
    if (known.has(name) || unknown.has(name)) continue;
    effort.units += NAME_UNITS;
    const runs = matcherOf(name);
    if (runs !== undefined) known.set(name, yield* rangesOf(runs, effort));
    else {
      if (unknown.size >= UNKNOWN_MAX) unknown.clear();
      unknown.add(name);
    }
  }
}

/** The ranges of properties that `loadProperties` has loaded. */
export function propertyNamed(name: string): CodePoints | undefined {
  return known.get(name);
}

function matcherOf(name: string): RegExp | undefined {
  try {
    return new RegExp(`\\p{${name}}+`, "gu");
  } catch {
    return undefined;
  }
}

function* rangesOf(runs: RegExp, effort: Effort): Generator<undefined, CodePoints> {
  const pairs: [number, number][] = [];
  for (let from = 0; from <= 0x10ffff; from += PIECE) {
    if (from >= 0xd800 && from < 0xe000) continue;
    const letters = Array.from({ length: PIECE }, (_, i) => from + i).filter((c) => c < 0xd800 || c > 0xdfff);
    const text = String.fromCodePoint(...letters);
    for (const match of text.matchAll(runs)) {
      const first = match[0].codePointAt(0) ?? 0;
      pairs.push([first, first + [...match[0]].length - 1]);
    }
    effort.spend(PIECE_UNITS);
    yield;
  }
  return codePoints(pairs);
}
