/** `logit-sampler cover`: reports how often conformal sets contain the true class. */
import { text } from "../command-line.ts";
import { readPart } from "./rows/json-files.ts";
import { summing } from "./rows/summing.ts";

export const COVER = summing(
  {
    name: "cover",
    about:
      "Makes the conformal set of every row, with a threshold that calibrate found on other rows, and reports how often it contains the true class, with the 95 % interval of that share, and the sizes of the sets. Prints a report, or with --out writes the sums, for merge.",
    options: {
      conformal: text("FILE", "the report of calibrate --conformal, or a reply of /v1/calibrate", undefined),
      calibration: text(
        "FILE",
        "the result of calibrate, for sets of rows with a bias or a weight per class",
        undefined,
      ),
      rows: text("FILE", "file for the set of every row, one line of JSON each", undefined),
    },
    epilogue: `Examples:

  logit-sampler calibrate --in validation/ --conformal aps --miscoverage 0.1 > aps.json
  logit-sampler cover --in test/ --conformal aps.json --rows sets.ndjson`,
  },
  ({ conformal, calibration }) => {
    if (conformal === undefined) throw new Error("which sets? --conformal FILE");
    const scaled = calibration !== undefined && { calibration: readPart(calibration, "calibration") };
    return { options: { conformal: readPart(conformal, "conformal"), ...scaled } };
  },
);
