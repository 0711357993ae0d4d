/** `logit-sampler conform`: the conformance suite against a function, a program, an installed host or a running server. */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Misuse, positive, readWord, text, texts } from "../command-line.ts";
import { answerOfFunction, type TestedSampler } from "../conform/function.ts";
import { HOSTS } from "../conform/hosts/index.ts";
import { judge, type Reply } from "../conform/judge.ts";
import { answersOfProgram, wordsOf } from "../conform/program.ts";
import { type Judged, type Report, reportOf } from "../conform/report.ts";
import { REPORT_FORMS } from "../conform/report-forms.ts";
import { readVectors, type Vector } from "../conform/vectors.ts";
import { commandFrom } from "./command.ts";
import { judgedServer, SERVER_WORDS } from "./engines/conforming.ts";
import { standardOutput, writeWhole } from "./rows/output.ts";
import { interruptible } from "./rows/signals.ts";

const NAMES = HOSTS.map(({ name }) => name);

const OWN = {
  function: text("MODULE:NAME", "a function (row, options, history) that a module exports", undefined),
  command: text("COMMAND", "a program that reads a question a line and writes an answer a line", undefined),
  host: {
    ...text("NAME", `a sampler that is installed here: ${NAMES.join(", ")}`, undefined),
    read: (word: string): string => readWord(word, NAMES),
  },
  section: texts("NAME", "this section alone; may be given several times"),
  vectors: text("FOLDER", "the suite; the package's own when not given", undefined),
  name: text("NAME", "what the report calls the sampler", undefined),
  json: text("FILE", "writes the report there as JSON", undefined),
  markdown: text("FILE", "writes the report there as Markdown", undefined),
  junit: text("FILE", "writes the report there as JUnit XML", undefined),
  "program-timeout-s": positive("S", "how long a program may run", 600),
  ...SERVER_WORDS,
};

const FILES = ["json", "markdown", "junit"] as const;

export const CONFORM = commandFrom(
  {
    name: "conform",
    about:
      "Runs the conformance suite against a sampler, and says what it does otherwise: how many cases of each section pass, and of the failures the known mistakes that come to the same answers, such as that temperature came before top_p.\n\nA sampler is a function of JavaScript, a program in any language, one that is installed here, or a running server. A logit-sampler service is sent the rows of the suite. An engine (llama-server, vLLM, SGLang) takes no rows: it is audited under options of the suite, on the model's own rows.\n\nEnds with 0 when nothing failed, with 1 when something did, and with 2 when it was called wrongly or a program wrote what is no answer.",
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
  const tested = host === undefined ? await functionOf(words.function as string) : await hostOf(host); // one was given
  const judged: Judged[] = [];
  for (const vector of vectors) {
    signal.throwIfAborted();
    judged.push(judgedBy(vector, await tested.answer(vector)));
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

function judgedBy(vector: Vector, reply: Reply): Judged {
  return { vector, verdict: judge(vector, reply) };
}

async function hostOf(name: string) {
  const listed = HOSTS.find((each) => each.name === name);
  return plainly(async () => (listed as (typeof HOSTS)[number]).load()); // --host takes no other name
}

/** What a module exports under a name, or by default where none is given. Throws a Misuse when that is no function. */
async function functionOf(given: string) {
  const colon = given.lastIndexOf(":");
  // A colon in second place is of a drive.
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

/** What stands in the way before anything is judged means that it was called wrongly. */
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

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
