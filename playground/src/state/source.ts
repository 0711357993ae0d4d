/** Choosing a row: an example, text, or a file. What is wrong with it is shown where it was chosen. */
import { EXAMPLES, type Example } from "../rows/examples.ts";
import { parseRowFile } from "../rows/parse-file.ts";
import { parseRowText } from "../rows/parse-text.ts";
import { type PageRow, RowError } from "../rows/row.ts";
import { setChain } from "./chain.ts";
import { carried_state, chain, row, row_error, source } from "./signals.ts";

/** Shows an example; with the chain that makes its point unless the person's own is to stay. */
export async function chooseExample(id: string, with_chain = true): Promise<void> {
  const example = exampleNamed(id);
  source.value = { kind: "example", id: example.id };
  if (with_chain || chain.value.length === 0) setChain(example.chain);
  await take(() => example.load());
}

export function exampleNamed(id: string): Example {
  const example = EXAMPLES.find((each) => each.id === id) ?? EXAMPLES[0];
  if (example === undefined) throw new Error("there is at least one example");
  return example;
}

export async function chooseText(text: string): Promise<void> {
  source.value = { kind: "text", text };
  await take(async () => parseRowText(text));
}

export async function chooseFile(file: File): Promise<void> {
  await take(async () => {
    const read = parseRowFile(file.name, new Uint8Array(await file.arrayBuffer()));
    source.value = { kind: "file", name: file.name };
    return read;
  });
}

async function take(load: () => Promise<PageRow>): Promise<void> {
  try {
    const loaded = await load();
    row_error.value = "";
    carried_state.value = null;
    row.value = loaded;
  } catch (error) {
    row_error.value = error instanceof RowError ? error.message : `The row does not load: ${String(error)}`;
  }
}
