/** Programs under test: the protocol, and that both runners report the same about a program. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { answersOfProgram, wordsOf } from "../../src/conform/program.ts";
import { readVectors } from "../../src/conform/vectors.ts";
import { run } from "../commands/running.ts";
import { PYTHON, whyNoPython } from "../python/python.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "conform-program-"));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  process.exitCode = undefined;
});

const greedy = readVectors(undefined, ["greedy"]);
const node = (source: string) => [process.execPath, "-e", source];
const EACH_LINE = "require('readline').createInterface({ input: process.stdin }).on('line', (line) => {";

describe("the protocol", () => {
  test("answers come in any order, and those that never come are missing", async () => {
    const answers = await answersOfProgram(
      node(`const ids = []; ${EACH_LINE} ids.push(JSON.parse(line).id) }).on('close', () => {
        for (const id of ids.reverse().slice(1)) console.log(JSON.stringify({ id, kept: [0] }) + '\\n') })`),
      greedy,
    );
    expect(answers.size).toBe(greedy.length - 1);
    expect(answers.has((greedy.at(-1) as (typeof greedy)[number]).id)).toBe(false);
  });

  test("a program that reads nothing and ends is no failure of the runner", async () => {
    expect((await answersOfProgram(node(""), readVectors())).size).toBe(0);
  });

  test("a program that never ends is killed", async () => {
    const answers = await answersOfProgram(node("setInterval(() => {}, 1000)"), greedy, { timeout_ms: 300 });
    expect(answers.size).toBe(0);
  });

  test("an answer given twice is refused", async () => {
    const twice = `${EACH_LINE} const { id } = JSON.parse(line); console.log(JSON.stringify({ id, kept: [0] })) ;
      console.log(JSON.stringify({ id, kept: [0] })) })`;
    await expect(answersOfProgram(node(twice), greedy)).rejects.toThrow(`answered ${greedy[0]?.id} twice`);
  });

  test.each([
    [20, true],
    [21, true],
    [22, false],
  ])("a line without an end of %i characters, where 21 may be", async (length, is_taken) => {
    const long = answersOfProgram(node(`process.stdout.write('x'.repeat(${length}))`), greedy, {
      line_length_max: 21,
    });
    await expect(long).rejects.toThrow(is_taken ? "line 1 of the program is no answer" : "longer than 21");
  });
});

test.each([
  ["a  b", ["a", "b"]],
  [" 'a b' c", ["a b", "c"]],
  ['"a \\" b"c', ['a " bc']],
  ["a\\ b ''", ["a b", ""]],
  ["", []],
])("%j as words", (command, words) => expect(wordsOf(command)).toEqual(words));

const PROGRAM = `${ROOT}test/python/plain_program.py`;
const python = PYTHON ?? "python3";
const missing = whyNoPython();
const skip = missing !== undefined;
const reason = skip ? ` (skipped: ${missing})` : "";

/**
 * Answers of every kind: right, wrong, malformed, errors with characters that XML does not allow, and a missing one.
 */
const ODD = `import json, sys
for place, line in enumerate(sys.stdin):
    asked = json.loads(line)
    said = [{"not_supported": True}, {"kept": [0]}, {"error": 'é <"&\\n\\x00\\ud800'}, {"kept": [0, 0]}, {}, {"kept": [1, 0.5]},
            {"probabilities": [1.0]}, {"kept": "all"}, {"kept": [0], "probabilities": [1, 2]}, {"token_id": 0}, {"error": 1}, None]
    answer = said[place % len(said)]
    if answer is not None:
        print(json.dumps({"id": asked["id"], **answer}))
`;

/** Draws of the plain sampler: enough of them or too few, some ids that cannot be drawn, and malformed counts. */
const DRAWER = `import collections, json, random, sys
sys.path[:0] = [${JSON.stringify(`${ROOT}test/python`)}, ${JSON.stringify(`${ROOT}clients/python`)}]
import os, plain_sampler
from logit_sampler import conform
sampler = plain_sampler.sampler_with(os.environ.get("PLAIN_BROKEN"))
random.seed(1)
for place, line in enumerate(sys.stdin):
    asked = json.loads(line)
    answer = {"not_supported": True}
    if asked["task"] == "distribution" and not place % 3:
        try:
            row = conform.row_of(asked["row"])
            left = sampler(row, conform.Options.of(asked), asked.get("history", []))
            draws = 100 if place % 5 == 0 else conform.draws_wanted(len(row)) if len(row) < 100 else 5000
            counts = collections.Counter(random.choices(list(left), list(left.values()), k=draws))
            if place % 7 == 0:
                counts[len(row)] = 1.0
            answer = {"counts": [counts, {"x": 1}, {"1": 0.5}, {"1": 10 ** 400}, []][place % 11 if place % 11 < 5 else 0]}
        except conform.NotSupported:
            pass
    print(json.dumps({"id": asked["id"], **answer}))
`;

describe("both runners", () => {
  test.each([
    ["of a program that is broken in one way", `${python} ${PROGRAM}`, "first temperature"],
    ["of a program that answers oddly", `${python} ${folder}/odd.py`, ""],
    ["of a program that draws", `${python} ${folder}/drawer.py`, "first temperature"],
  ])(`write the same bytes ${"%s"}${reason}`, { skip }, async (_, command, broken) => {
    writeFileSync(`${folder}/odd.py`, ODD);
    writeFileSync(`${folder}/drawer.py`, DRAWER);
    process.env["PLAIN_BROKEN"] = broken;
    try {
      const forms = ["json", "markdown", "junit"];
      const sections = ["orders", "stops", "truncations", "hard rows", "verify", "logprobs", "combinations"];
      const words = (runner: string) => [
        ...["--command", command, ...sections.flatMap((section) => ["--section", section])],
        ...forms.flatMap((form) => [`--${form}`, join(folder, `${runner}.${form}`)]),
      ];
      const text = await run("conform", ...words("node"));
      const { PYTHONPATH: __, ...environment } = process.env;
      const env = { ...environment, PYTHONPATH: `${ROOT}clients/python`, PYTHONDONTWRITEBYTECODE: "1" };
      let other = "";
      try {
        execFileSync(python, ["-m", "logit_sampler.conform", ...words("python")], { env, encoding: "utf8" });
      } catch (error) {
        const { status, stdout } = error as { readonly status: number; readonly stdout: string }; // of execFileSync
        expect(status).toBe(process.exitCode);
        other = stdout;
      }
      expect(other).toBe(text);
      expect(text.includes("Too few draws in")).toBe(command.endsWith("drawer.py"));
      for (const form of forms)
        expect(readFileSync(join(folder, `python.${form}`), "utf8")).toBe(
          readFileSync(join(folder, `node.${form}`), "utf8"),
        );
    } finally {
      delete process.env["PLAIN_BROKEN"];
    }
  });

  test(`find and name broken programs${reason}`, { skip }, async () => {
    const mutants = Object.entries(
      JSON.parse(execFileSync(python, [PROGRAM, "mutants"], { encoding: "utf8" })) as Record<string, string>,
    );
    const count = Number(process.env["CONFORM_MUTANTS"] ?? "4");
    const step = Math.max(1, Math.floor(mutants.length / count));
    const chosen = mutants.filter((_, place) => place % step === 0).slice(0, count);
    let [found, named] = [0, 0];
    for (const [broken, sentence] of chosen) {
      process.env["PLAIN_BROKEN"] = broken;
      const file = join(folder, "power");
      const sections = [
        "truncations",
        "temperatures",
        "penalties",
        "bans",
        "masks",
        "orders",
        "greedy",
        "hard rows",
      ];
      const words = sections.flatMap((section) => ["--section", section]);
      await run("conform", "--command", `${python} ${PROGRAM}`, "--json", file, ...words);
      const report = JSON.parse(readFileSync(file, "utf8")) as {
        readonly passed: boolean;
        readonly suspects: readonly { readonly says: string }[];
      };
      if (!report.passed) found++;
      if (report.suspects.slice(0, 3).some(({ says }) => says.includes(sentence))) named++;
    }
    delete process.env["PLAIN_BROKEN"];
    process.stdout.write(`${chosen.length} mutants: ${found} found, ${named} named\n`);
    expect(found).toBeGreaterThanOrEqual(Math.floor((58 / 60) * chosen.length));
    expect(named).toBeGreaterThanOrEqual(Math.floor((45 / 60) * chosen.length));
  });
});
