/**
 * A tour of what logits say: `npx tsx examples/reading-logits/main.ts` tells all chapters, with a name only that one.
 * Every number is computed while you look, from small rows or from logits of real models that lie in the repository.
 */
import { STORIES } from "./stories.ts";

const [wanted] = process.argv.slice(2);
const names = wanted === undefined ? Object.keys(STORIES) : [wanted];
for (const name of names) {
  const story = STORIES[name];
  if (story === undefined) {
    console.error(`there is no chapter ${name}; there are ${Object.keys(STORIES).join(", ")}`);
    process.exitCode = 1;
    continue;
  }
  console.log(`\n${story.title}\n${"─".repeat(story.title.length)}\n${story.tell().join("\n")}`);
}
