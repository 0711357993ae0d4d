/** Files of other programs, in every type and codec that they write: compares each figure with numpy's. */
import { join } from "node:path";
import type { Report } from "../proof.ts";
import { outputOf, ROOT } from "../scale/program.ts";
import { type Scored, scoreFile } from "./score-file.ts";

/** The tolerance: numpy sums in another order. */
const DIFFERENCE_MAX = 1e-10;

/** A file, as proof/files/python/write_files.py describes it. */
export interface WrittenFile {
  readonly file: string;
  readonly about: string;
  /** the figures; null: the file must be refused; "either": refused, or read with as many rows as the others */
  readonly expected: Scored | null | "either";
  readonly words: readonly string[];
}

export async function writeFiles(folder: string, python: string): Promise<readonly WrittenFile[]> {
  const printed = await outputOf(python, [join(ROOT, "proof/files/python/write_files.py"), folder]);
  return printed
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as WrittenFile); // which our script printed
}

export async function proveWriters(
  folder: string,
  files: readonly WrittenFile[],
  report: Report,
): Promise<void> {
  const wrong: string[] = [];
  let figures = 0;
  for (const written of files) {
    const found = await findingsOf(join(folder, written.file), written);
    figures += typeof found === "string" || written.expected === null ? 1 : 3;
    const mistake = mistakeOf(written, found);
    if (mistake === undefined) continue;
    wrong.push(written.file);
    report.note(`${written.about} (${written.file}): ${mistake}`);
  }
  const refused = files.filter(({ expected }) => expected === null).length;
  report.claim(
    `${files.length - refused} files are read with numpy's figures, ${refused} are refused with a message`,
    wrong.length === 0,
    `${figures} figures, ${wrong.length} files wrong`,
  );
}

/** The figures, or the sentence of the refusal. */
async function findingsOf(path: string, { words }: WrittenFile): Promise<Scored | string | Error> {
  try {
    return await scoreFile(path, words[1] === undefined ? undefined : Number(words[1]));
  } catch (error) {
    if (!(error instanceof Error)) return String(error);
    const is_told = error.constructor === Error || error.name === "Problem";
    return is_told ? error.message : error;
  }
}

function mistakeOf({ expected }: WrittenFile, found: Scored | string | Error): string | undefined {
  if (found instanceof Error) return `a defect: ${found.stack}`;
  if (expected === "either") return undefined;
  if (expected === null) return typeof found === "string" ? undefined : "is not refused";
  if (typeof found === "string") return `refused: ${found}`;
  if (found.rows !== expected.rows) return `${found.rows} rows, numpy has ${expected.rows}`;
  if (expected.rows === 0) return undefined;
  const is_near = (name: "cross_entropy" | "top_1") =>
    Math.abs(found[name] - expected[name]) <= DIFFERENCE_MAX * Math.max(1, Math.abs(expected[name]));
  if (is_near("cross_entropy") && is_near("top_1")) return undefined;
  return `${JSON.stringify([found.cross_entropy, found.top_1])}, numpy has ${JSON.stringify(expected)}`;
}
