/** `logit-sampler audit`: checks that a running engine's own sampler does what its options say. */
import { count, Misuse, type Option, readWord, text } from "../command-line.ts";
import { type AuditReport, audit } from "../engines/audit/audit.ts";
import type { Engine } from "../engines/index.ts";
import { type Command, commandFrom } from "./command.ts";
import { AUDIT_FORMS, type AuditForm } from "./engines/audit-output.ts";
import { defaultsOf, lender } from "./engines/auditing.ts";
import { ENGINE_WORDS, namedVocabulary, openEngines, plainly } from "./engines/opening.ts";
import { SAMPLING_WORDS, samplingOptions, withDashes } from "./engines/sampling-words.ts";
import { standardOutput, writeWhole } from "./rows/output.ts";
import { interruptible } from "./rows/signals.ts";
import { jsonOption } from "./rows/words.ts";

const FORMS = Object.keys(AUDIT_FORMS) as AuditForm[];

const FORM: Option<AuditForm> = {
  about: `how the report is written: ${FORMS.join(", ")}`,
  placeholder: "NAME",
  standard: "text",
  read: (word) => readWord(word, FORMS),
};

const { prompt: _, ...SHARED } = ENGINE_WORDS;
const OWN = {
  prompt: text("TEXT", "prompt that the engine continues", "Once upon a time"),
  ...SHARED,
  steps: count("N", "number of tokens of the engine's text whose distributions are compared", 8),
  draws: count(
    "N",
    "number of tokens drawn after the prompt with seeds 1, 2, …, tested against the distribution; 0: none",
    400,
    0,
  ),
  form: FORM,
  out: text("FILE", "file for the report, in place of standard output", undefined),
  options: text(
    "JSON",
    "options of the engine's sampler in the names of docs/samplers.md: JSON, or @FILE",
    "{}",
  ),
};

/** The default options of an audit: those that most requests set. */
const USUAL = { temperature: 0.8, top_k: 40, top_p: 0.95, min_p: 0.05 };

const TABLE = commandFrom(
  {
    name: "audit",
    about:
      "Asks a running engine for the model's distribution at some tokens, and for the distribution after the engine's own sampler with the given options. Computes the same with the preset of that engine. Reports that both agree, or which stage differs and what would explain it. Draws with seeds are tested against the distribution (G-test), and some seeds are repeated. vLLM returns its sampler's distribution only when it is started with --logprobs-mode processed_logprobs; otherwise, and for engines that do not return it, only the draws are tested.\n\nThe exit code is 0 when everything agrees and 1 when something differs.",
    options: { ...OWN, ...SAMPLING_WORDS },
    operands: { placeholder: "URL", about: "the engine", count_max: 1, read: (word: string) => word },
    epilogue: `Examples:

  logit-sampler audit http://127.0.0.1:8081
  logit-sampler audit http://127.0.0.1:8081 --temperature 0.7 --top-p 0.9 --draws 2000
  logit-sampler audit http://127.0.0.1:8081 --presence-penalty 0.5 --form markdown --out audit.md`,
  },
  async ({ values, operands: [url] }) => {
    const words = values as Words;
    const given = samplingOptions(values, jsonOption("--options", words.options));
    if (url === undefined) throw new Misuse("which engine? logit-sampler audit http://127.0.0.1:8081");
    await interruptible(
      () => "the audit",
      async (abort) => {
        const report = await plainly(() => audited(url, words, given, abort));
        const written = AUDIT_FORMS[words.form](report);
        if (words.out === undefined) standardOutput.write(written);
        else writeWhole(words.out, written);
        if (!report.agrees) process.exitCode = 1;
      },
    );
  },
);

export const AUDIT: Command = { ...TABLE, run: (words) => TABLE.run(withDashes(words)) };

type Words = { readonly [Name in keyof typeof OWN]: (typeof OWN)[Name]["standard"] };
type Given = Readonly<Record<string, unknown>>;

async function audited(url: string, words: Words, given: Given, signal: AbortSignal): Promise<AuditReport> {
  const vocabulary = namedVocabulary(words);
  const [engine] = (await openEngines([url], words, vocabulary)) as readonly [Engine]; // one for each address
  const ids = words["prompt-ids"];
  const prompt =
    ids === undefined
      ? await engine.tokenize(words.prompt, { signal })
      : (jsonOption("--prompt-ids", ids) as readonly number[]); // the history's schema refuses a value that is none
  const { steps, draws } = words;
  const { seed = 1, ...own } = given;
  const options = Object.keys(own).length === 0 ? USUAL : own;
  const plan = { prompt, options, defaults: defaultsOf(engine.preset), steps, draws, seed: Number(seed) };
  return audit(engine, plan, lender(engine.facts.vocab_size ?? vocabulary?.size), { signal });
}
