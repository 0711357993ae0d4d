/** Passes pasted or dropped data to the open view. */
import { batch } from "@preact/signals";
import { isLabelled } from "../calibrate/labelled-rows.ts";
import { prompt } from "../write/writer.ts";
import { chosen_set, own_text } from "./calibration.ts";
import { visit } from "./history.ts";
import { type View, view } from "./signals.ts";
import { chooseFile, chooseText, rowReaders } from "./source.ts";

const TAKE_TEXT: Readonly<Record<View, (text: string) => Promise<void>>> = {
  sample: chooseText,
  // text that is not a row becomes the text to continue
  write: async (text) => {
    if (await isRow(text)) await showText(text);
    else prompt.value = text;
  },
  calibrate: async (text) => {
    if (!isLabelled(text) && (await isRow(text))) return showText(text);
    chosen_set.value = "own";
    own_text.value = text;
  },
  learn: showText,
};

export async function takeText(text: string): Promise<void> {
  visit();
  await TAKE_TEXT[view.value](text);
}

/** Labelled rows as text may come as a file too; any other file is a row. */
export async function takeFile(file: File): Promise<void> {
  if (view.value === "calibrate" && /\.(?:txt|csv|tsv)$/i.test(file.name)) return takeText(await file.text());
  // reading the file adds an entry to the history
  await chooseFile(file);
  view.value = "sample";
}

async function showText(text: string): Promise<void> {
  await batch(() => {
    view.value = "sample";
    return chooseText(text);
  });
}

async function isRow(text: string): Promise<boolean> {
  const { readText } = await rowReaders();
  try {
    readText(text);
    return true;
  } catch {
    return false;
  }
}
