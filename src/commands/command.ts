/** A command of `logit-sampler`: its options, and its function for the words after its name. */
import { type Command as CommandWords, commandLine, type Given, type Options } from "../command-line.ts";

export interface Command {
  /** every option, for shell completion */
  readonly options: readonly string[];
  run(words: readonly string[]): Promise<void> | void;
}

/** A command in the list. It is loaded on use, because each command needs only a part of the program. */
export interface Listed {
  readonly name: string;
  /** one line for --help */
  readonly about: string;
  load(): Promise<Command>;
}

/** The command's name. */
export function called(name: string): string {
  return `logit-sampler ${name}`;
}

/** A command whose words are parsed by a table; the table's name is the one in the list. */
export function commandFrom<Table extends Options, Word = never>(
  table: CommandWords<Table, Word>,
  run: (given: Given<Table, Word>) => Promise<void> | void,
): Command {
  return {
    options: Object.keys(table.options),
    run: (words) => run(commandLine({ ...table, name: called(table.name) }, words)),
  };
}
