/** The sets of labelled rows to calibrate on: two real classifiers, and one's own. */
import digits_url from "../../../test/vectors/analysis/digits.json?url";
import spam_url from "../../../test/vectors/analysis/spam.json?url";
import { type LabelledRows, parseLabelledText, type StoredRows, unpack } from "./labelled-rows.ts";

export interface RowSet {
  /** what the temperature is fitted to */
  readonly validation: LabelledRows;
  /** what it is tried on: rows it has not seen */
  readonly test: LabelledRows;
  /** the same inputs, moved a little so as to mislead the classifier */
  readonly perturbed?: LabelledRows;
  readonly nameOf: (class_id: number) => string;
}

export interface SetChoice {
  readonly id: "digits" | "spam" | "own";
  readonly title: string;
  readonly note: string;
}

export const SETS: readonly SetChoice[] = [
  {
    id: "digits",
    title: "Digits",
    note: "A small network that reads handwritten digits (MNIST), trained until it was far too sure of itself.",
  },
  {
    id: "spam",
    title: "Spam",
    note: "Naive Bayes on e-mails (Spam Assassin corpus): one logit a mail, the log-odds that it is spam.",
  },
  { id: "own", title: "Your own", note: "A line for each row: the class that came, a colon, the logits." },
];

export const OWN_TEXT =
  "0: 4.1 0.2 -1\n1: 3.9 1.1 0.3\n2: -2 0.4 5.2\n1: 0.1 4.4 2\n0: 3.1 2.8 0\n2: 4.2 0.5 3.9";

export async function loadSet(id: SetChoice["id"], own_text: string): Promise<RowSet> {
  if (id === "own") {
    const rows = parseLabelledText(own_text);
    return { validation: rows, test: rows, nameOf: (class_id) => `class ${class_id}` };
  }
  const response = await fetch(id === "digits" ? digits_url : spam_url);
  if (!response.ok) throw new Error(`The set does not load: ${response.status}`);
  const stored = (await response.json()) as Record<"validation" | "test", StoredRows> & {
    perturbed?: StoredRows;
  };
  return {
    validation: unpack(stored.validation),
    test: unpack(stored.test),
    ...(stored.perturbed && { perturbed: unpack(stored.perturbed) }),
    nameOf: id === "spam" ? (class_id) => (class_id === 1 ? "spam" : "mail") : String,
  };
}
