/** Makes a command from an analysis: it writes a report, or with --out sums for merge. */
import { count, Misuse, type Options, type Values } from "../../command-line.ts";
import { STDIN } from "../../shards/open.ts";
import { type Command, commandFrom } from "../command.ts";
import { analysisOf } from "./analyses.ts";
import type { Fields } from "./analysis.ts";
import type { Round } from "./documents.ts";
import { runJobs, wordsOf } from "./jobs.ts";
import { standardOutput } from "./output.ts";
import { PART_OPTION, rowsOfPart } from "./parts.ts";
import { OUT_OPTION, passOptions, ROW_OPTIONS, SHARD_OPERANDS } from "./words.ts";

interface Summing<Own extends Options> {
  /** name of the command and of its analysis */
  readonly name: string;
  readonly about: string;
  /** its own options, listed after the common ones; with `rows` among them every row has a result */
  readonly options: Own;
  readonly epilogue: string;
}

/** The parameters of the analysis. */
interface Asked {
  readonly options: Fields;
  readonly state?: unknown;
  readonly before?: Round;
}

const SHARED = {
  ...ROW_OPTIONS,
  ...OUT_OPTION,
  part: PART_OPTION,
  jobs: count("N", "processes that share the rows, for a report; a large file is shared by all of them", 1),
};

/** The command of an analysis; `asked` turns the words into the analysis' options. */
export function summing<Own extends Options>(
  { options, ...told }: Summing<Own>,
  asked: (values: Values<typeof SHARED & Own>) => Asked,
): Command {
  const table = { ...told, options: { ...SHARED, ...options }, operands: SHARD_OPERANDS };
  return commandFrom(table, async ({ values, operands }) => {
    const { out, checkpoint, quiet } = values;
    const { rows } = values as { readonly rows?: string }; // the option of that name is a text
    const { options, state = null, before = null } = asked(values);
    const all = passOptions(values, operands);
    if (values.jobs > 1) {
      requireReport({ out, rows, checkpoint, state, part: values.part }, all.shards);
      const words = wordsOf(table.options, values);
      standardOutput.write(await runJobs({ command: told.name, jobs: values.jobs, pass: all, words }));
      return;
    }
    const { part } = values;
    if (part !== undefined && out === undefined)
      throw new Misuse("--part gives the sums of a part of the rows, and goes with --out");
    const pass = part === undefined ? all : { ...all, ...(await rowsOfPart(all.shards, all, part)) };
    // A process that only starts jobs does without these and what they import, so the jobs start sooner.
    const [analysis, { runAnalysis }] = await Promise.all([analysisOf(told.name), import("./analyze.ts")]);
    await runAnalysis({ analysis, options, state, before, pass, out, checkpoint, rows, quiet });
  });
}

/** Jobs only make reports of files: they support none of the options of a single process. */
function requireReport(given: Readonly<Record<string, unknown>>, shards: readonly string[]): void {
  for (const [name, value] of Object.entries(given))
    if (value !== undefined && value !== null)
      throw new Misuse(
        `--jobs gives a report, and goes without ${name === "state" ? "--after" : `--${name}`}`,
      );
  if (shards.includes(STDIN)) throw new Misuse("--jobs reads files: standard input goes to one process");
}
