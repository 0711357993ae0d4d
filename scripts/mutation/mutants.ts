/**
 * Changes of meaning, one line each, as typing errors could make them. A text is read line by line without its
 * comments, strings and types, so every change affects the code's meaning. Changes that the compiler refuses are
 * skipped.
 */
import type { Seeded } from "../../evidence/seeded.ts";

export interface Mutant {
  readonly file: string;
  /** from 1 */
  readonly line: number;
  readonly before: string;
  readonly after: string;
}

interface Rule {
  readonly form: RegExp;
  /** The replacement of the matched code; undefined: no change here. */
  change(found: string): string | undefined;
}

const swaps = (pairs: Readonly<Record<string, string>>) => (found: string) => pairs[found];

/** Operators have a space on either side; the brackets of type arguments do not. */
const RULES: readonly Rule[] = [
  {
    form: / (?:<|<=|>|>=|===|!==|==|!=) /g,
    change: swaps({
      " < ": " <= ",
      " <= ": " < ",
      " > ": " >= ",
      " >= ": " > ",
      " === ": " !== ",
      " !== ": " === ",
      " == ": " != ",
      " != ": " == ",
    }),
  },
  {
    form: / (?:&&|\|\||\+|-|\*|\/) /g,
    change: swaps({
      " && ": " || ",
      " || ": " && ",
      " + ": " - ",
      " - ": " + ",
      " * ": " / ",
      " / ": " * ",
    }),
  },
  { form: /\b(?:min|max)(?=\()/g, change: swaps({ min: "max", max: "min" }) },
  { form: /\b(?:true|false)\b/g, change: swaps({ true: "false", false: "true" }) },
  { form: /(?<![\w.$-])\d+(?![\w.$])/g, change: (found) => String(Number(found) + 1) },
  { form: /(?<=^\s*(?:\} else )?if \()(?=\S)/g, change: () => "false && " },
  // A call whose result is not used.
  { form: /^\s*(?!return|throw|super|yield|assert|await)[\w.#?!]+\(.*\);$/g, change: () => ";" },
];

/** Lines without behaviour: types, imports and exports, examples for the document, assertions. */
const NO_MEANING =
  /^\s*(?:import|export (?:type|interface|\{|\*)|type|interface|readonly \w+\??: [^=]*;$|\||examples:|assert\(|\w+\([^()]*\): [^(]*;$)/;

/** Every mutant of a file, in the order of its lines. */
export function mutantsOf(file: string, text: string): Mutant[] {
  const mutants: Mutant[] = [];
  const bare = withoutWords(text).split("\n");
  for (const [index, before] of text.split("\n").entries()) {
    const seen = bare[index] ?? "";
    if (NO_MEANING.test(seen)) continue;
    for (const { form, change } of RULES)
      for (const match of seen.matchAll(form)) {
        const changed = change(match[0]);
        if (changed === undefined) continue;
        const after = before.slice(0, match.index) + changed + before.slice(match.index + match[0].length);
        mutants.push({ file, line: index + 1, before, after });
      }
  }
  return mutants;
}

/** The text with comments and strings replaced by blanks of the same length. */
function withoutWords(text: string): string {
  const words =
    /\/\*[\s\S]*?\*\/|\/\/.*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|(?<=[=(,:] )\/(?![/*])(?:\\.|\[(?:\\.|[^\]\n])*\]|[^/\\\n])+\/\w*/g;
  return text.replace(words, (found) => found.replace(/[^\n]/g, "_"));
}

/** The text with one line changed. */
export function mutated(text: string, { line, before, after }: Mutant): string {
  const lines = text.split("\n");
  if (lines[line - 1] !== before) throw new Error(`line ${line} is not what it was`);
  return lines.with(line - 1, after).join("\n");
}

/** This number of mutants at random; each file has the same chance, whatever its length. */
export function chosen(mutants: readonly Mutant[], count: number, random: Seeded): Mutant[] {
  const by_file = new Map<string, Mutant[]>();
  for (const mutant of mutants) by_file.set(mutant.file, [...(by_file.get(mutant.file) ?? []), mutant]);
  const files = [...by_file.values()];
  const taken: Mutant[] = [];
  while (taken.length < count && files.length > 0) {
    const place = random.below(files.length);
    const file = files[place] as Mutant[]; // the place is one of them
    taken.push(...file.splice(random.below(file.length), 1));
    if (file.length === 0) files.splice(place, 1);
  }
  return taken;
}
