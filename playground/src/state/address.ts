/** Keeps the address in step with what is chosen, and opens the page with what the address says. */
import { effect } from "@preact/signals";
import { itemOf, setChain } from "./chain.ts";
import { chain, seed, source, step, view } from "./signals.ts";
import { chooseExample, chooseText } from "./source.ts";
import { readHash, writeHash } from "./url.ts";

/** Writing the address more often than this makes browsers complain while a slider moves. */
const WRITE_MS = 250;

let written = "";

export function followAddress(): void {
  void open();
  addEventListener("hashchange", () => {
    if (location.hash !== written) void open();
  });
  let timer = 0;
  effect(() => {
    written = writeHash({
      view: view.value,
      source: source.value,
      chain: chain.value,
      seed: seed.value,
      step: step.value,
    });
    clearTimeout(timer);
    timer = window.setTimeout(() => history.replaceState(null, "", written), WRITE_MS);
  });
}

async function open(): Promise<void> {
  const asked = readHash(location.hash);
  view.value = asked.view ?? "sample";
  seed.value = asked.seed ?? seed.value;
  step.value = asked.step ?? 0;
  if (asked.chain !== undefined) {
    setChain([]);
    chain.value = asked.chain.map(({ stage, options, on }) => itemOf({ ...options, stage }, on));
  }
  if (asked.source?.kind === "text") await chooseText(asked.source.text);
  else
    await chooseExample(
      asked.source?.kind === "example" ? asked.source.id : "ship",
      asked.chain === undefined,
    );
}
