/**
 * `logit-sampler conform`: runs the conformance suite against a function, a program, an installed host or a running
 * server.
 */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Misuse, positive, readWord, text, texts } from "../command-line.ts";
import { answerOfFunction, type TestedSampler } from "../conform/function.ts";
import type { ConformHost } from "../conform/hosts/host.ts";
import { HOSTS } from "../conform/hosts/index.ts";
import { judge, type Reply } from "../conform/judge.ts";
import { answersOfProgram, wordsOf } from "../conform/program.ts";
import { type Judged, type Report, reportOf } from "../conform/report.ts";
import { REPORT_FORMS } from "../conform/report-forms.ts";
import { readVectors, type Vector } from "../conform/vectors.ts";
import { messageOf } from "../errors.ts";
import { commandFrom } from "./command.ts";
import { judgedServer, SERVER_WORDS } from "./engines/conforming.ts";
import { standardOutput, writeWhole } from "./rows/output.ts";
import { interruptible } from "./rows/signals.ts";

const NAMES = HOSTS.map(({ name }) => name);

const OWN = {
  function: text("MODULE:NAME", "a function (row, options, history) that a module exports", undefined),
  command: text(
    "COMMAND",
    "a program that reads one question per line and writes one answer per line",
    undefined,
  ),
  host: {
    ...text("NAME", `an installed sampler: ${NAMES.join(", ")}`, undefined),
    read: (word: string): string => readWord(word, NAMES),
  },
  section: texts("NAME", "only this section; may be repeated"),
  vectors: text("FOLDER", "folder of the suite; default: conformance/ of a checkout", undefined),
  name: text("NAME", "name of the sampler in the report", undefined),
  json: text("FILE", "file for a report in JSON", undefined),
  markdown: text("FILE", "file for a report in Markdown", undefined),
  junit: text("FILE", "file for a report in JUnit XML", undefined),
  "program-timeout-s": positive("S", "time limit of a program", 600),
  ...SERVER_WORDS,
};

const FILES = ["json", "markdown", "junit"] as const;

export const CONFORM = commandFrom(
  {
    name: "conform",
    about:
      "Runs the conformance suite against a sampler, and reports differences: how many cases of each section pass, and for the failures the known mistakes that give the same answers, such as temperature before top_p.\n\nA sampler is a JavaScript function, a program in any language, an installed one, or a running server. A logit-sampler service is sent the rows of the suite. An engine (llama-server, vLLM, SGLang) takes no rows: it is audited under options of the suite, on the model's own rows.\n\nThe exit code is 0 when all cases passed, 1 when some failed, and 2 for wrong options or a program with invalid answers.",
    options: OWN,
    operands: { placeholder: "URL", about: "a running server", count_max: 1, read: (word: string) => word },
    epilogue: `Examples:

  logit-sampler conform --function ./my-sampler.mjs:sample
  logit-sampler conform --command "python3 my_sampler.py" --section truncations --junit report.xml
  logit-sampler conform http://127.0.0.1:8081

docs/conformance.md has the protocol of programs.`,
  },
  async ({ values, operands: [url] }) => {
    const words = values as Words;
    requireOne(words, url);
    await interruptible(
      () => "the suite",
      async (abort) => {
        const report = await reported(words, url, abort);
        standardOutput.write(REPORT_FORMS.text(report));
        for (const form of FILES) {
          const path = words[form];
          if (path !== undefined) writeWhole(path, REPORT_FORMS[form](report));
        }
        if (!report.passed) process.exitCode = 1;
      },
    );
  },
);

type Words = { readonly [Name in keyof typeof OWN]: (typeof OWN)[Name]["standard"] };

function requireOne({ function: tested, command, host }: Words, url: string | undefined): void {
  const given = [tested, command, host, url].filter((each) => each !== undefined);
  if (given.length !== 1)
    throw new Misuse(
      `one of --function, --command, --host and a URL says what is tested, got ${given.length === 0 ? "none" : given.join(" and ")}`,
    );
}

async function reported(words: Words, url: string | undefined, signal: AbortSignal): Promise<Report> {
  const { name, command, host } = words;
  if (url !== undefined) {
    const { judged, version } = await judgedServer(url, words, () => vectorsOf(words), signal);
    return reportOf(name ?? version, judged);
  }
  const vectors = vectorsOf(words);
  if (command !== undefined) {
    const split = await plainly(() => wordsOf(command));
    const limits = { timeout_ms: words["program-timeout-s"] * 1000, signal };
    const answers = await plainly(() => answersOfProgram(split, vectors, limits));
    const reply = ({ id }: Vector) => answers.get(id) ?? { error: "the program gave no answer" };
    return reportOf(
      name ?? (split[0] as string),
      vectors.map((each) => judgedBy(each, reply(each))),
    ); // it was run
  }
  const tested: ConformHost =
    host === undefined ? await functionOf(words.function as string) : await hostOf(host); // one was given
  const judged: Judged[] = [];
  for (const vector of vectors) {
    signal.throwIfAborted();
    const reply = isOfAnother(vector, tested)
      ? { not_supported: true as const }
      : await tested.answer(vector);
    judged.push({ vector, verdict: judge(vector, reply, tested.choices) });
  }
  return reportOf(name ?? tested.version, judged);
}

function vectorsOf({ vectors, section }: Words): Vector[] {
  try {
    return readVectors(vectors, section);
  } catch (error) {
    throw misuseOf(error);
  }
}

/** True for a recorded answer of another host. */
function isOfAnother(vector: Vector, { recorded_as }: ConformHost): boolean {
  return recorded_as !== undefined && vector["host"] !== undefined && vector.rule !== recorded_as;
}

function judgedBy(vector: Vector, reply: Reply): Judged {
  return { vector, verdict: judge(vector, reply) };
}

async function hostOf(name: string) {
  const listed = HOSTS.find((each) => each.name === name);
  return plainly(async () => (listed as (typeof HOSTS)[number]).load()); // --host takes no other name
}

/** The function that a module exports under a name, or as its default. Throws a Misuse when there is none. */
async function functionOf(given: string) {
  const colon = given.lastIndexOf(":");
  // A colon in second place belongs to a drive letter.
  const [path, name] = colon > 1 ? [given.slice(0, colon), given.slice(colon + 1)] : [given, "default"];
  const exported = await plainly(
    async () => (await import(pathToFileURL(resolve(path)).href)) as Readonly<Record<string, unknown>>, // a module
  );
  const sampler = Object.hasOwn(exported, name) ? exported[name] : undefined;
  if (typeof sampler !== "function")
    throw new Misuse(
      `--function takes MODULE:NAME of a function, and ${path} exports no function ${name}; it exports ${Object.keys(exported).join(", ") || "nothing"}`,
    );
  const tested = sampler as TestedSampler; // a function, whose answers are looked at
  return { version: tested.name || name, answer: (vector: Vector) => answerOfFunction(tested, vector) };
}

/** An error before the first case means that the command was called wrongly. */
async function plainly<Result>(action: () => Promise<Result> | Result): Promise<Result> {
  try {
    return await action();
  } catch (error) {
    throw misuseOf(error);
  }
}

function misuseOf(error: unknown): unknown {
  const is_aborted = error instanceof Error && error.name === "AbortError";
  return is_aborted || error instanceof Misuse ? error : new Misuse(messageOf(error));
}
