/** The sets of labelled rows for the calibration: two real classifiers, and the user's own rows. */
import digits_url from "../../../test/vectors/analysis/digits.json?url";
import spam_url from "../../../test/vectors/analysis/spam.json?url";
import type { SetId } from "../state/calibration.ts";
import { type HeldOut, heldOut } from "./held-out.ts";
import { type LabelledRows, parseLabelledText, type StoredRows, unpack } from "./labelled-rows.ts";

export interface RowSet extends HeldOut {
  /** the same inputs with a small change that misleads the classifier */
  readonly perturbed?: LabelledRows;
  readonly nameOf: (class_id: number) => string;
}

export interface SetChoice {
  readonly id: SetId;
  readonly title: string;
  readonly note: string;
}

export const SETS: readonly SetChoice[] = [
  {
    id: "digits",
    title: "Digits",
    note: "A small network that reads handwritten digits (MNIST), trained until it was far too sure of itself. After calibration its ECE on the rows held out is 2.7 % in 15 bins of equal width, as in docs/calibration.md and in the tour in the terminal (examples/reading-logits).",
  },
  {
    id: "spam",
    title: "Spam",
    note: "Naive Bayes on e-mails (Spam Assassin corpus): one logit a mail, the log-odds that it is spam. ECE on the rows held out: 5.4 % before and 3.0 % after, in 15 bins of equal width.",
  },
  {
    id: "own",
    title: "Your own",
    note: "A line for each row: the class that came, a colon, the logits. A third of the rows is held out where there are 30 or more.",
  },
];

export async function loadSet(id: SetId, own_text: string): Promise<RowSet> {
  if (id === "own") {
    return { ...heldOut(parseLabelledText(own_text)), nameOf: (class_id) => `class ${class_id}` };
  }
  const response = await fetch(id === "digits" ? digits_url : spam_url);
  if (!response.ok) throw new Error(`The set does not load: ${response.status}`);
  const stored = (await response.json()) as Record<"validation" | "test", StoredRows> & {
    perturbed?: StoredRows;
  };
  return {
    validation: unpack(stored.validation),
    test: unpack(stored.test),
    is_held_out: true,
    ...(stored.perturbed && { perturbed: unpack(stored.perturbed) }),
    nameOf: id === "spam" ? (class_id) => (class_id === 1 ? "spam" : "mail") : String,
  };
}
