/** The digits of the learn view: the same logits as in the calibrate view, and pictures of some. */
import { asset } from "../api/asset.ts";
import { type LabelledRows, type StoredRows, unpack } from "../calibrate/labelled-rows.ts";
import { loadSet, type RowSet } from "../calibrate/sets.ts";
import { bytesOf } from "../rows/base64.ts";

export interface WrongDigit {
  /** in the test set */
  readonly row: number;
  /** 784 grey values */
  readonly pixels: Uint8Array;
}

export interface MovedDigit extends WrongDigit {
  /** the direction of each pixel: 0 darker, 1 unchanged, 2 brighter */
  readonly directions: Uint8Array;
  /** the network's logits after each step */
  readonly steps: LabelledRows;
}

export interface Pictures {
  /** change of a pixel in a step, where black to white is 1 */
  readonly step: number;
  readonly wrong: readonly WrongDigit[];
  readonly moved: readonly MovedDigit[];
}

export interface Digits {
  readonly set: RowSet;
  readonly pictures: Pictures;
}

let loading: Promise<Digits> | undefined;

/** Loaded once, when the idea is first in sight. */
export function loadDigits(): Promise<Digits> {
  loading ??= Promise.all([loadSet("digits", ""), loadPictures()]).then(([set, pictures]) => ({
    set,
    pictures,
  }));
  return loading;
}

type StoredDigit = StoredRows & {
  readonly row: number;
  readonly pixels: string;
  readonly directions: string;
};

async function loadPictures(): Promise<Pictures> {
  const response = await fetch(asset("examples/digit-pictures.json"));
  if (!response.ok) throw new Error(`The pictures do not load: ${response.status}`);
  // written by examples/real-data/digit-pictures.ts
  const { step, wrong, moved } = (await response.json()) as {
    step: number;
    wrong: readonly StoredDigit[];
    moved: readonly StoredDigit[];
  };
  return {
    step,
    wrong: wrong.map(({ row, pixels }) => ({ row, pixels: bytesOf(pixels) })),
    moved: moved.map(({ row, pixels, directions, ...rows }) => ({
      row,
      pixels: bytesOf(pixels),
      directions: bytesOf(directions),
      steps: unpack(rows),
    })),
  };
}

/** Only some of the rows. */
export function rowsAt({ classes, logits, targets }: LabelledRows, rows: readonly number[]): LabelledRows {
  return {
    rows: rows.length,
    classes,
    logits: Float32Array.from(
      rows.flatMap((row) => [...logits.subarray(row * classes, (row + 1) * classes)]),
    ),
    targets: rows.map((row) => targets[row] ?? 0),
  };
}
