/**
 * `npm run proof`: shows the promises of docs/reliability.md against the built service, in the short forms that CI
 * runs. Ends with 1 when something does not hold.
 */
import { cpus } from "node:os";
import { BUILD, BUILT } from "../evidence/options.ts";
import { createProgress } from "../evidence/progress.ts";
import { buildService } from "../evidence/service.ts";
import { columns, commandLine, count, flag, readWord, run } from "../src/command-line.ts";
import { PROOFS } from "./proofs.ts";
import { conclude, createReport } from "./report.ts";

const NAMES = PROOFS.map(({ name }) => name);

const { values, operands } = commandLine({
  name: "npm run proof --",
  about:
    "Shows what docs/reliability.md promises against the built service, in short forms of a few minutes. Ends with 1 when something does not hold.",
  options: {
    long: flag("the whole of each proof"),
    seed: count("N", "of everything random: another seed, other requests", 1, 0),
    only: count("N", "replays this one case of the fuzz and prints it", undefined, 0),
    "hold-times": flag("also holds bounds on time, which need a machine that does nothing else"),
    built: BUILT,
  },
  operands: {
    placeholder: "PROOF",
    about: "only these; else all",
    read: (word) => readWord(word, NAMES),
  },
  epilogue: `Proofs:\n\n${columns(PROOFS.map(({ name, promise }) => [name, promise]))}`,
});

const form = {
  long: values.long,
  seed: values.seed,
  only: values.only,
  hold_times: values["hold-times"],
};

/** The approximate seconds of a proof in its short and its long form. */
const SECONDS: Readonly<Record<string, readonly [short: number, long: number]>> = {
  hostile: [5, 5],
  grammars: [80, 400],
  fuzz: [15, 300],
  statistics: [20, 200],
  replay: [15, 60],
  verify: [30, 400],
  overload: [15, 60],
  faults: [15, 30],
  linear: [15, 30],
  turns: [20, 60],
  connections: [40, 180],
  memory: [50, 200],
  batches: [10, 30],
  leak: [20, 200],
};
/** The estimate for a proof that was never timed. */
const UNTIMED = [15, 60] as const;

function secondsOf(name: string): number {
  const [short, long] = SECONDS[name] ?? UNTIMED;
  return form.long ? long : short;
}

async function main(): Promise<void> {
  const proofs = PROOFS.filter(({ name }) => operands.length === 0 || operands.includes(name));
  const steps = proofs.map(({ name }) => ({ name, seconds: secondsOf(name) }));
  const progress = createProgress(values.built ? steps : [BUILD, ...steps]);
  if (!values.built) {
    progress.next();
    await buildService();
  }
  const report = createReport(form, (line) => progress.say(line));
  for (const { name, promise, run: prove } of proofs) {
    progress.next();
    progress.say(`\n${name}: ${promise}`);
    const began_ms = performance.now();
    try {
      await prove(form, report);
    } catch (error) {
      report.claim("the proof runs to its end", false, error instanceof Error ? error.stack : String(error));
    }
    report.figure("took", `${((performance.now() - began_ms) / 1000).toFixed(1)} s`);
  }
  progress.end();
  const machine = `${cpus()[0]?.model ?? "unknown CPU"}, ${cpus().length} cores, Node ${process.versions.node}`;
  await conclude(report, `${form.long ? "long" : "short"} form, ${machine}`);
}

await run(main);
