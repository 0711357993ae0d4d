/** `logit-sampler cover`: how often conformal sets hold the class that comes. */
import { text } from "../command-line.ts";
import { readPart } from "./rows/documents.ts";
import { summing } from "./rows/summing.ts";

export const COVER = summing(
  {
    name: "cover",
    about:
      "Makes the conformal set of every row, with a threshold that calibrate found on other rows, and tells how often the class that came was in it, with the 95 % interval of the true share, and how large sets are. Prints a report, or with --out keeps the sums, for merge.",
    options: {
      conformal: text(
        "FILE",
        "the report of calibrate --conformal, or what /v1/calibrate replied",
        undefined,
      ),
      calibration: text(
        "FILE",
        "what calibrate found, when sets are of rows with a bias or a weight a class",
        undefined,
      ),
      rows: text("FILE", "writes the set of every row there, a line of JSON each", undefined),
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
