/** Keeps the address equal to the user's choices, and opens the page with the state in the address. */
import { batch, effect } from "@preact/signals";
import { combination } from "../combine/combination.ts";
import { chosen_side, other_side } from "../write/sides.ts";
import { isSameText, other_runs, prompt, replay, runs_written, written_prompt } from "../write/writer.ts";
import { binning, bins, chosen_set, OWN_TEXT, own_text, threshold } from "./calibration.ts";
import { itemOf, setChain } from "./chain.ts";
import { compared, DEFAULT_COMPARED, observed_text, with_numbers } from "./compared.ts";
import { extras, NO_EXTRAS } from "./extras.ts";
import { isVisiting, onArrival, writeAddress } from "./history.ts";
import { dials } from "./learning.ts";
import { pins } from "./pins.ts";
import { chain, FIRST_SEED, missing, order_of, row, seed, source, step, view } from "./signals.ts";
import { chooseExample, chooseText, recall } from "./source.ts";
import { type Chosen, readHash, writeHash } from "./url.ts";

/** Counts the openings. An opening that a newer one has overtaken makes no further changes. */
let opening = 0;
/** While the page follows an address, the address does not change. */
let is_opening = false;

export function followAddress(): void {
  void open();
  onArrival(() => void open());
  effect(() => {
    const hash = writeHash(chosenNow(), row.value);
    // true when the user has moved on meanwhile, so that there is nothing to wait for
    if (isVisiting()) is_opening = false;
    if (!is_opening) writeAddress(hash);
  });
}

function chosenNow(): Chosen {
  return {
    view: view.value,
    source: source.value,
    chain: chain.value,
    seed: seed.value,
    step: step.value,
    combination: combination.value,
    pins: pins.value,
    order: order_of.value,
    text: { prompt: written_prompt.value ?? prompt.value, runs: runs_written.value },
    extras: extras.value,
    beside: besideNow(),
    compare: {
      names: compared.value,
      with_numbers: with_numbers.value,
      observed: observed_text.value,
    },
    dials: dials.value,
    calibration: {
      set: chosen_set.value,
      rows: own_text.value,
      bins: bins.value,
      binning: binning.value,
      threshold: threshold.value,
    },
  };
}

function besideNow(): Chosen["beside"] {
  const there = other_side.value;
  if (there === undefined) return undefined;
  const { chain: stages, seed: its_seed, order, extras: more } = there;
  return {
    chosen: chosen_side.value,
    chain: stages,
    seed: its_seed,
    order,
    extras: more,
    runs: other_runs.value,
  };
}

async function open(): Promise<void> {
  opening += 1;
  const turn = opening;
  is_opening = true;
  const asked = readHash(location.hash);
  batch(() => {
    missing.value = "";
    view.value = asked.view ?? "sample";
    seed.value = asked.seed ?? FIRST_SEED;
    step.value = asked.step ?? 0;
    combination.value = asked.combination;
    pins.value = asked.pins ?? [];
    extras.value = asked.extras ?? NO_EXTRAS;
    order_of.value = asked.order ?? "";
    compared.value = asked.compare?.names ?? DEFAULT_COMPARED;
    with_numbers.value = asked.compare?.with_numbers ?? true;
    observed_text.value = asked.compare?.observed ?? "";
    if (asked.chain !== undefined) {
      setChain([]);
      chain.value = asked.chain.map(({ stage, options, on }) => itemOf({ ...options, stage }, on));
    }
    takeCalibration(asked);
    dials.value = asked.dials ?? {};
    takeBeside(asked);
  });
  await openRow(asked);
  if (turn !== opening) return;
  is_opening = false;
  writeAddress(writeHash(chosenNow(), row.value));
}

function takeCalibration({ calibration }: ReturnType<typeof readHash>): void {
  chosen_set.value = calibration?.set ?? "digits";
  own_text.value = calibration?.rows ?? OWN_TEXT;
  bins.value = calibration?.bins ?? 15;
  binning.value = calibration?.binning ?? "equal_width";
  threshold.value = calibration?.threshold ?? 0.95;
}

/** A side that exists keeps its text until the address turns out to need another one. */
function takeBeside({ beside }: ReturnType<typeof readHash>): void {
  const there = other_side.value;
  chosen_side.value = beside?.chosen ?? "A";
  if (beside === undefined) other_side.value = undefined;
  else {
    const stages = beside.chain.map(({ stage, options, on }) => itemOf({ ...options, stage }, on));
    const { seed: its_seed, order, extras: more } = beside;
    other_side.value = { chain: stages, seed: its_seed, order, extras: more, written: there?.written ?? [] };
  }
}

async function openRow(asked: ReturnType<typeof readHash>): Promise<void> {
  const { source: from, text, chain: stages } = asked;
  const is_written = text !== undefined && text.runs.length > 0;
  if (text !== undefined && !is_written) prompt.value = text.prompt;
  if (!is_written || (from?.kind !== "written" && asked.view !== "write"))
    return openSource(from, stages === undefined);
  const index = from?.kind === "written" ? from.index : -1;
  if (from !== undefined && from.kind !== "written") await openSource(from, false);
  else if (!isSameText(text.prompt, text.runs)) source.value = { kind: "written", index };
  await replay(text.prompt, { runs: text.runs, other: asked.beside?.runs ?? [] }, index);
}

async function openSource(from: Chosen["source"] | undefined, with_chain: boolean): Promise<void> {
  if (from?.kind === "text") return chooseText(from.text, { ...from, with_options: false });
  if (from?.kind === "file" && recall(from.name)) return;
  await chooseExample(from?.kind === "example" ? from.id : "ship", with_chain);
  if (from?.kind === "file")
    missing.value = `This link was made with ${from.name}, which is too large for a link. Choose it again; what is shown is an example.`;
}
