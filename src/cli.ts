#!/usr/bin/env node
/** `logit-sampler`: the first word names a command, the others are its own. */
import { constants } from "node:os";
import { columns, Misuse, run } from "./command-line.ts";
import { called } from "./commands/command.ts";
import { COMMANDS } from "./commands/index.ts";
import { Interrupted } from "./commands/rows/interrupted.ts";
import { VERSION } from "./config/version.ts";
import { Problem } from "./errors.ts";
import { didYouMean } from "./nearest.ts";

const HELP = `logit-sampler COMMAND [options]

Token sampling and the reading of logits: as a service, and over shards of logged rows.

${columns(COMMANDS.map(({ name, about }) => [name, about]))}

Each command tells its options: ${called("score")} --help. Without one this is printed.

Examples:

  PORT=9000 logit-sampler serve
  logit-sampler score --in steps.parquet
  logit-sampler calibrate --in validation/

It ends with 0 when all went well, with 1 when something failed, with 2 when it was called wrongly, and with 130 or
143 when Ctrl+C or SIGTERM ended it; what it had read is kept then, where there is a checkpoint.
`;

await run(async () => {
  const [word, ...words] = process.argv.slice(2);
  if (word === undefined) {
    process.stderr.write(HELP);
    process.exitCode = 2;
  } else if (word === "--help" || word === "-h") process.stdout.write(HELP);
  else if (word === "--version" || word === "-v") process.stdout.write(`logit-sampler ${VERSION}\n`);
  else await runCommand(word, words);
});

/**
 * A run that a signal ends exits with the code that shells use for it; problems of rows and sums are printed with their
 * message.
 */
async function runCommand(word: string, words: readonly string[]): Promise<void> {
  try {
    const command = await commandOf(word).load();
    await command.run(words);
  } catch (error) {
    if (error instanceof Interrupted) {
      process.stderr.write(`${error.message}\n`);
      process.exitCode = 128 + constants.signals[error.signal];
    } else throw error instanceof Problem ? new Error(error.message) : error;
  }
}

function commandOf(word: string) {
  const names = COMMANDS.map(({ name }) => name);
  const found = COMMANDS.find(({ name }) => name === word);
  if (found !== undefined) return found;
  throw new Misuse(`there is no command ${word}; known are ${names.join(", ")}${didYouMean(word, names)}`);
}
