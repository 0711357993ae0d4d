/** A command of `logit-sampler`: what it takes, and what it does with the words behind its name. */
import { type Command as CommandWords, commandLine, type Given, type Options } from "../command-line.ts";

export interface Command {
  /** every option, for the completion of shells */
  readonly options: readonly string[];
  run(words: readonly string[]): Promise<void> | void;
}

/** A command in the list: it is loaded when it is asked for, since one has little use for what the others are made of. */
export interface Listed {
  readonly name: string;
  /** one line of what --help prints */
  readonly about: string;
  load(): Promise<Command>;
}

/** The name as it is called. */
export function called(name: string): string {
  return `logit-sampler ${name}`;
}

/** A command whose words are read by a table; the name in it is the one in the list. */
export function commandFrom<Table extends Options, Word = never>(
  table: CommandWords<Table, Word>,
  run: (given: Given<Table, Word>) => Promise<void> | void,
): Command {
  return {
    options: Object.keys(table.options),
    run: (words) => run(commandLine({ ...table, name: called(table.name) }, words)),
  };
}
