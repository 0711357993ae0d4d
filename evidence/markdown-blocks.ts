/** Code blocks of the project's pages, so that tests and proofs run them unchanged. */
import { readFileSync } from "node:fs";

const ROOT = new URL("../", import.meta.url);

/** The texts of all blocks of a language on a page, such as `README.md`, in their order. */
export function blocksOf(page: string, language: string): string[] {
  const text = readFileSync(new URL(page, ROOT), "utf8");
  const fences = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms");
  return [...text.matchAll(fences)].map(([, block = ""]) => block.trim());
}

/** The only block of a language that contains the words. Throws when there is none, or more than one. */
export function blockOf(page: string, language: string, words: string): string {
  const found = blocksOf(page, language).filter((text) => text.includes(words));
  if (found.length !== 1)
    throw new Error(
      `${page} has ${found.length} blocks of ${language} with ${JSON.stringify(words)}, not one`,
    );
  return found[0]!;
}
