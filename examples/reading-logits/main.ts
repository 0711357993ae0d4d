/**
 * A tour of what logits say: `npx tsx examples/reading-logits/main.ts` tells all chapters, with names only those.
 * Every number is computed while you look, from small rows or from logits of real models that lie in the repository.
 */
import { columns, commandLine, readWord, run } from "../../src/command-line.ts";
import { STORIES } from "./stories.ts";

const NAMES = Object.keys(STORIES);

const { operands } = commandLine({
  name: "npx tsx examples/reading-logits/main.ts",
  about:
    "A tour of what logits say, in chapters. Every number is computed while you look, from small rows or from logits of real models.",
  options: {},
  operands: {
    placeholder: "CHAPTER",
    about: "only these; else all",
    read: (word) => readWord(word, NAMES),
  },
  epilogue: `Chapters:\n\n${columns(Object.entries(STORIES).map(([name, { title }]) => [name, title]))}`,
});

await run(() => {
  for (const [name, { title, tell }] of Object.entries(STORIES))
    if (operands.length === 0 || operands.includes(name))
      console.log(`\n${title}\n${"─".repeat(title.length)}\n${tell().join("\n")}`);
});
