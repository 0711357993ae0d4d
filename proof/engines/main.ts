/**
 * `npm run proof:engines`: random steps through hosts' own code and through ours, under the preset of each. Needs a
 * Python with the hosts' packages (proof/engines/README.md), named by ENGINES_PYTHON.
 *
 * `-- vllm transformers` runs some presets, --cases 6000, --seed 1; --write stores the results that docs/presets.md
 * shows and the vectors that CI holds. Ends with 1 when a difference is not understood.
 */
import { commandLine, count, flag, readWord, run } from "../../src/command-line.ts";
import { caseOf } from "./cases.ts";
import { HOSTS } from "./hosts.ts";
import { runHost } from "./run.ts";
import { store } from "./store.ts";
import { tally } from "./tally.ts";

const NAMES = [...new Set(HOSTS.map(({ preset }) => preset))];

const { values, operands } = commandLine({
  name: "npm run proof:engines --",
  about:
    "Random steps through hosts' own code and through ours. ENGINES_PYTHON names a Python with the hosts' packages (proof/engines/README.md). Ends with 1 when a difference is not understood.",
  operands: {
    placeholder: "PRESET",
    about: `of ${NAMES.join(", ")}; none: all`,
    read: (word: string) => readWord(word, NAMES),
  },
  options: {
    cases: count("N", "how many steps each", 6000),
    seed: count("N", "which steps", 1, 0),
    write: flag("stores the results that docs/presets.md shows, and the vectors that CI holds"),
  },
});

async function main(): Promise<void> {
  const python = process.env["ENGINES_PYTHON"];
  if (python === undefined) throw new Error("ENGINES_PYTHON must name a Python that has the hosts' packages");
  const chosen = HOSTS.filter(({ preset }) => operands.length === 0 || operands.includes(preset));
  for (const host of chosen) {
    const asked = Array.from({ length: values.cases }, (_, id) => caseOf(host, values.seed, id));
    const { about, answers } = await runHost(python, host, asked);
    const result = tally(host, about, asked, answers);
    console.log(
      `\n${result.preset}${result.variant === undefined ? "" : `, ${result.variant}`}: ${about.version}`,
    );
    console.log(JSON.stringify(result.counts));
    for (const { what, whose, cases } of result.known) console.log(`  ${cases} × ${what} (${whose})`);
    for (const each of result.unexplained.slice(0, 5)) console.log(`  unexplained: ${JSON.stringify(each)}`);
    if (result.unexplained.length > 0) process.exitCode = 1;
    if (values.write) await store(host, result, asked, answers);
  }
}

await run(main);
