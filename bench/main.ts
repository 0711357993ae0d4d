/** `npm run bench`: runs several benches one after the other, each in a process of its own. */
import { spawnSync } from "node:child_process";
import { createProgress, LINES } from "../evidence/progress.ts";
import { columns, commandLine, readWord, run } from "../src/command-line.ts";

/** The benches that run by default come first. */
const BENCHES = [
  { name: "rivals", about: "the sampler against those that a JavaScript user would pick", seconds: 200 },
  { name: "kernel", about: "the kernel against plain TypeScript", seconds: 60 },
  { name: "http", about: "the service against a bare node:http server", seconds: 300 },
  { name: "engines", about: "the sampler beside llama.cpp, transformers and numpy", seconds: 60 },
  {
    name: "growth",
    about: "how costs grow with the row, the history, the batch, the connections",
    seconds: 50,
  },
  { name: "cost", about: "everything, as multiples of a temperature", seconds: 120 },
  { name: "stages", about: "every stage over a whole row", seconds: 20 },
  { name: "history", about: "stages that look at the history", seconds: 15 },
  { name: "combine", about: "what several sources cost, alone, in process and by POST", seconds: 60 },
  { name: "grammar", about: "compiling grammars, and masks met first and again", seconds: 60 },
  { name: "watermarks", about: "marked draws, detection, replays", seconds: 90 },
  { name: "verify", about: "a draft of four tokens against a row and against a batch", seconds: 60 },
  { name: "beams", about: "a step of a beam search against the same rows as a batch", seconds: 60 },
  { name: "floor", about: "the service beside a C program that only reads the same bytes", seconds: 120 },
  { name: "analysis", about: "scores, softmax and calibration", seconds: 5 },
  { name: "stream", about: "a step on a stream", seconds: 250 },
  { name: "transports", about: "every form in which a row can travel", seconds: 90 },
  { name: "shared-memory", about: "rows in shared memory", seconds: 200 },
  { name: "workers", about: "two workers against one", seconds: 80 },
  { name: "refusals", about: "what turning a request away costs", seconds: 30 },
] as const;
const STANDARD = BENCHES.slice(0, 3);
const NAMES = BENCHES.map(({ name }) => name);

const { operands } = commandLine({
  name: "npm run bench --",
  about: `Runs benches one after the other: ${STANDARD.map(({ name }) => name).join(", ")} when none is named. Each is a command with options of its own: npm run bench:NAME -- --help.`,
  options: {},
  operands: { placeholder: "NAME", about: "only these", read: (word) => readWord(word, NAMES) },
  epilogue: `Benches:\n\n${columns(BENCHES.map(({ name, about }) => [name, about]))}`,
});

await run(() => {
  const chosen = operands.length === 0 ? STANDARD : BENCHES.filter(({ name }) => operands.includes(name));
  const progress = createProgress(
    chosen.map(({ name, seconds }) => ({ name: `npm run bench:${name}`, seconds })),
    LINES,
  );
  try {
    for (const { name } of chosen) {
      progress.next();
      const shell = process.platform === "win32";
      const { status } = spawnSync("npm", ["run", "--silent", `bench:${name}`], { stdio: "inherit", shell });
      if (status !== 0) throw new Error(`npm run bench:${name} ended with ${status}`);
    }
  } finally {
    progress.end();
  }
});
