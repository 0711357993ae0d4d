/**
 * A fast path that one changed line switches off, and the tests that must notice: without it, results are the same and
 * only slower. The list also has a few changes of meaning that no test once noticed.
 */
import type { Mutant } from "../mutants.ts";

export interface Switch extends Pick<Mutant, "file"> {
  readonly name: string;
  /** a part of one line that occurs in the file once */
  readonly part: string;
  readonly instead: string;
  readonly tests: readonly string[];
}

/** The mutant that this switch makes of a file's text. */
export function switched({ name, file, part, instead }: Switch, text: string): Mutant {
  const lines = text.split("\n");
  const places = lines.flatMap((line, index) => (line.includes(part) ? [index] : []));
  const [place] = places;
  const before = place === undefined ? undefined : lines[place];
  if (place === undefined || before === undefined || places.length > 1)
    throw new Error(`${name}: ${file} must have ${part} once, got ${places.length} times`);
  return { file, line: place + 1, before, after: before.replace(part, () => instead) };
}
