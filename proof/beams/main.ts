/**
 * `npm run proof:beams`: runs random beam searches with the hosts' own code and with ours, on the same rows.
 * BEAMS_PYTHON names a Python with transformers, vllm, torch and numpy, or with onnxruntime-genai, onnx and numpy.
 * TensorRT-LLM needs a GPU, and llama.cpp has removed its search: for these two, ports that were written from their
 * sources answer (ports.ts).
 */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { Searcher } from "../../evidence/beam-search.ts";
import { seeded } from "../../evidence/seeded.ts";
import { commandLine, count, flag, readWord, run } from "../../src/command-line.ts";
import { LAWS } from "./laws.ts";
import { PORTS } from "./ports.ts";
import {
  type Answer,
  ASKED,
  type Asked,
  asTold,
  leavesBeamUnwritten,
  ownRow,
  verdictOf,
} from "./searches.ts";

const NAMES = ["laws", ...Object.keys(ASKED)];

const { values, operands } = commandLine({
  name: "npm run proof:beams --",
  about:
    "Random beam searches by the hosts' own code and by ours. BEAMS_PYTHON names a Python with the hosts. Ends with 1 when sequences or scores differ.",
  options: {
    searches: count("N", "how many of each host", 5000),
    seed: count("N", "which", 1, 0),
    record: flag("writes the first 200 answers of each host to evidence/beam-answers"),
  },
  operands: { placeholder: "HOST", about: "only these", read: (word) => readWord(word, NAMES) },
});

const RECORDED = 200;

/** The answers of the hosts' own Python code. */
async function hostAnswers(name: string, asked: readonly Asked[]): Promise<Answer[]> {
  const python = process.env["BEAMS_PYTHON"];
  if (python === undefined) throw new Error("BEAMS_PYTHON must name a Python with the hosts");
  const script = fileURLToPath(new URL(`hosts/${name}_host.py`, import.meta.url));
  const host = spawn(python, [script], { stdio: ["pipe", "pipe", "inherit"] });
  const answers = text(host.stdout);
  host.stdin.end(asked.map((each) => JSON.stringify(each)).join("\n"));
  const lines = (await answers).split("\n").filter((line) => line.startsWith("[["));
  if (lines.length !== asked.length)
    throw new Error(`${name} answered ${lines.length} of ${asked.length} searches`);
  return lines.map((line) => JSON.parse(line) as Answer);
}

async function hold(name: string): Promise<boolean> {
  const searcher = new Searcher();
  const asked = Array.from({ length: values.searches }, (_, i) =>
    (ASKED[name] as (typeof ASKED)[string])(seeded(values.seed, i)),
  );
  const port = PORTS[name];
  const answers = port === undefined ? await hostAnswers(name, asked) : asked.map((each) => port(each));
  const counts = { same: 0, tie: 0, other: 0, undefined: 0 };
  for (const [i, each] of asked.entries()) {
    const theirs = answers[i];
    if (theirs === undefined) {
      counts.undefined += 1;
      continue;
    }
    const found = searcher.search(each.world, each.beam, ownRow(each.row));
    const sequences = asTold(name, each, found.sequences);
    const held = verdictOf(sequences, theirs);
    const is_undefined =
      held === "other" && name === "onnxruntime_genai" && leavesBeamUnwritten(each, searcher);
    const verdict = is_undefined ? "undefined" : held;
    counts[verdict] += 1;
    if (verdict !== "same")
      console.log(
        `${name} ${i} ${verdict}: ${JSON.stringify(each)}\n  ours   ${JSON.stringify(sequences.map(({ token_ids, score }) => [token_ids, score]))}\n  theirs ${JSON.stringify(theirs)}`,
      );
  }
  const by = port === undefined ? "the host's own code" : "a port of the proof";
  console.log(`${name} (${by}): ${JSON.stringify(counts)}`);
  if (values.record) {
    const lines = asked.slice(0, RECORDED).flatMap((each, i) => {
      const theirs = answers[i];
      return theirs === undefined ? [] : [JSON.stringify({ ...each, theirs })];
    });
    const file = new URL(`../../evidence/beam-answers/${name}.jsonl`, import.meta.url);
    writeFileSync(file, `${lines.join("\n")}\n`);
  }
  return counts.other === 0;
}

/** Tests each distribution with at least 20,000 searches. */
function holdLaws(): boolean {
  let holds = true;
  for (const [law, pOf] of Object.entries(LAWS)) {
    const p = pOf(Math.max(20_000, values.searches));
    console.log(`${law}: p = ${p.toFixed(4)}`);
    holds &&= p > 0.001;
  }
  return holds;
}

await run(async () => {
  const names = operands.length === 0 ? NAMES : operands;
  let holds = true;
  for (const name of names) holds = (name === "laws" ? holdLaws() : await hold(name)) && holds;
  if (!holds) process.exitCode = 1;
});
