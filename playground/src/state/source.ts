/** Selects a row: an example, text, or a file. Errors are shown where the row was selected. */
import { batch } from "@preact/signals";
import { EXAMPLES, type Example } from "../rows/examples.ts";
import { plainReading, type Reading } from "../rows/read/reading.ts";
import { RowError } from "../rows/row.ts";
import { setChain } from "./chain.ts";
import { visit } from "./history.ts";
import { takeOptions } from "./request-options.ts";
import { carried_state, chain, missing, order_of, reading, row, row_error, source } from "./signals.ts";

/** The readers of files and texts are loaded on use, because most visits need none. */
export function rowReaders() {
  return import("../rows/readers.ts");
}

/** Data that does not fit into an address, kept while the page is open, by its name in the address. */
const kept = new Map<string, Reading>();

/** Shows an example, with the chain that shows its point, unless the user's own chain must stay. */
export async function chooseExample(id: string, with_chain = true): Promise<void> {
  const example = exampleNamed(id);
  batch(() => {
    source.value = { kind: "example", id: example.id };
    if (with_chain) order_of.value = "";
    if (with_chain || chain.value.length === 0) setChain(example.chain);
  });
  await take(async () => ({ ...plainReading(await example.load(), ""), how: "" }));
}

export function exampleNamed(id: string): Example {
  const example = EXAMPLES.find((each) => each.id === id) ?? EXAMPLES[0];
  if (example === undefined) throw new Error("there is at least one example");
  return example;
}

interface TextChoice {
  readonly before?: string;
  readonly at?: number;
  /** whether the options of a pasted request become the chain */
  readonly with_options?: boolean;
}

export async function chooseText(
  text: string,
  { before = "", at = 0, with_options = true }: TextChoice = {},
): Promise<void> {
  source.value = { kind: "text", text, before, at };
  await take(async () => {
    const { readText } = await rowReaders();
    const read = readText(text, at);
    if (with_options && read.options !== undefined) takeOptions(read.options);
    return before === "" ? read : { ...read, row: { ...read.row, text: before } };
  });
}

export async function chooseFile(file: File): Promise<void> {
  await take(async () => {
    const { parseRowFile } = await rowReaders();
    const read = parseRowFile(file.name, new Uint8Array(await file.arrayBuffer()));
    visit();
    kept.set(file.name, read);
    source.value = { kind: "file", name: file.name };
    if (read.options !== undefined) takeOptions(read.options);
    return read;
  });
}

/** Shows a file that was read since the page opened; false when there is none. */
export function recall(name: string): boolean {
  const read = kept.get(name);
  if (read === undefined) return false;
  source.value = { kind: "file", name };
  void take(async () => read);
  return true;
}

let takings = 0;

async function take(load: () => Promise<Reading>): Promise<void> {
  takings += 1;
  const turn = takings;
  try {
    const read = await load();
    // a choice made meanwhile is kept
    if (turn !== takings) return;
    batch(() => {
      row_error.value = "";
      missing.value = "";
      carried_state.value = null;
      reading.value = read.how === "" ? undefined : read;
      row.value = read.row;
    });
  } catch (error) {
    if (turn !== takings) return;
    reading.value = undefined;
    row_error.value = error instanceof RowError ? error.message : `The row does not load: ${String(error)}`;
  }
}
