/** Unicode properties of a regex, `\p{L}`, as ranges of code points: those of the Unicode version that the runtime has. */
import { type CodePoints, codePoints } from "./code-points.ts";

const PROPERTY = /\\[pP]\{([A-Za-z_=0-9]{1,64})\}/g;
const PIECE = 0x2000;
const PROPERTIES_MAX = 64;

const known = new Map<string, CodePoints>();

/** Finds out what the properties named in a regex are, a piece at a time; a name that there is not is left to the parser. */
export function* loadProperties(source: string): Generator<undefined, void> {
  for (const [, name = ""] of source.matchAll(PROPERTY)) {
    if (known.has(name)) continue;
    const runs = matcherOf(name);
    if (runs === undefined) continue;
    if (known.size >= PROPERTIES_MAX) known.clear();
    known.set(name, yield* rangesOf(runs));
  }
}

/** What `loadProperties` has found. */
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

function* rangesOf(runs: RegExp): Generator<undefined, CodePoints> {
  const pairs: [number, number][] = [];
  for (let from = 0; from <= 0x10ffff; from += PIECE) {
    if (from >= 0xd800 && from < 0xe000) continue;
    const letters = Array.from({ length: PIECE }, (_, i) => from + i).filter((c) => c < 0xd800 || c > 0xdfff);
    const text = String.fromCodePoint(...letters);
    for (const match of text.matchAll(runs)) {
      const first = match[0].codePointAt(0) ?? 0;
      pairs.push([first, first + [...match[0]].length - 1]);
    }
    yield;
  }
  return codePoints(pairs);
}
