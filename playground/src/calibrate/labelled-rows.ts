/** Rows of logits with their true class, and the forms in which the page gets them. */
import { bytesOf } from "../rows/base64.ts";
import { refuseDecimalCommas } from "../rows/read/number.ts";
import { RowError } from "../rows/row.ts";

export interface LabelledRows {
  readonly rows: number;
  readonly classes: number;
  /** rows × classes */
  readonly logits: Float32Array<ArrayBuffer>;
  readonly targets: readonly number[];
}

/** 16-bit integers in a stated unit, in base64, as test/vectors/analysis holds them. */
export interface StoredRows {
  readonly rows: number;
  readonly classes: number;
  readonly unit: number;
  readonly logits: string;
  readonly targets: string;
}

export function unpack({ rows, classes, unit, logits, targets }: StoredRows): LabelledRows {
  const steps = new Int16Array(bytesOf(logits).buffer);
  return {
    rows,
    classes,
    logits: Float32Array.from(steps, (n) => n * unit),
    targets: Array.from(new Uint16Array(bytesOf(targets).buffer)),
  };
}

/** A line for each row: the true class, a colon, the logits. Throws a RowError that names the line. */
export function parseLabelledText(text: string): LabelledRows {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  const parsed = lines.map(parseLine);
  const classes = parsed[0]?.logits.length ?? 0;
  if (classes === 0)
    throw new RowError("Write a line for each row: the class that came, a colon, its logits.");
  const uneven = parsed.findIndex(({ logits }) => logits.length !== classes);
  if (uneven >= 0)
    throw new RowError(
      `Line ${uneven + 1} has ${parsed[uneven]?.logits.length} logits, the first has ${classes}.`,
    );
  return {
    rows: parsed.length,
    classes,
    logits: Float32Array.from(parsed.flatMap(({ logits }) => logits)),
    targets: parsed.map(({ target }) => target),
  };
}

function parseLine(line: string, i: number): { target: number; logits: number[] } {
  const match = /^\s*(\d+)\s*:(.*)$/.exec(line);
  if (match === null)
    throw new RowError(`Line ${i + 1} does not begin with a class and a colon, such as “2: 1.5 0.3 4”.`);
  refuseDecimalCommas((match[2] ?? "").trim());
  const words = (match[2] ?? "").split(/[\s,;]+/).filter((word) => word !== "");
  const wrong = words.find((word) => !Number.isFinite(Number(word)));
  if (wrong !== undefined) throw new RowError(`“${wrong}” (line ${i + 1}) is not a number.`);
  return { target: Number(match[1]), logits: words.map(Number) };
}

/** True when a text has the form of labelled rows, even if some of them have errors. */
export function isLabelled(text: string): boolean {
  return /^\s*\d+\s*:\s*[+\-−]?[\d.]+(?:[\s,;]+[+\-−]?[\d.]+|$)/.test(text);
}
