/**
 * Checks whether the tokens that come back over HTTP have the distribution that a plain float64 sampler says they have.
 * Seeds are fixed, so the outcome is too. The suite also tests wrong samplers, and must detect each of them.
 */
import { startService } from "../../evidence/service.ts";
import { Connection } from "../connection.ts";
import type { Form, Proof, Report } from "../proof.ts";
import { DRAWN, type Drawn, expectedOf, type Stage, temperature, topK, topP } from "./chains.ts";
import { type Fit, goodnessOfFit, P_MIN } from "./chi-square.ts";
import { countsOf, draw, drawN, type Key, seedsFrom, stepsOf } from "./draws.ts";
import { proveIndependence } from "./independence.ts";
import { proveLogprobs } from "./logprobs.ts";

const DRAWS = { short: 6000, long: 200_000 };
/** A token with this expected count is missed with a probability of e⁻²⁵. */
const EXPECTED_SURE = 25;

export const STATISTICS: Proof = {
  name: "statistics",
  promise: "tokens are drawn with the probabilities that the samplers' definitions give",
  run,
};

async function run({ long, seed }: Form, report: Report): Promise<void> {
  const service = await startService();
  const connection = new Connection(service.url);
  const count = DRAWS[long ? "long" : "short"];
  try {
    for (const each of DRAWN) await proveDistribution(report, connection, each, seed, count);
    await proveFinds(report, connection, seed);
    await proveIndependence(report, connection, seed, count);
    await proveLogprobs(report, connection);
  } finally {
    connection.close();
    await service.stop();
  }
}

/** Draws by step, by seed, and many draws from one step. */
async function proveDistribution(
  report: Report,
  connection: Connection,
  each: Drawn,
  seed: number,
  count: number,
): Promise<void> {
  const expected = expectedOf(each);
  const third = Math.ceil(count / 3);
  const sources: readonly (readonly number[])[] = [
    await draw(connection, each, stepsOf(seed, third)),
    await draw(connection, each, seedsFrom(seed * 1_000_003, third)),
    await manyDraws(connection, each, seed, third),
  ];
  const verdicts = sources.map((token_ids) => verdictOf(token_ids, expected));
  const worst = Math.min(...verdicts.flatMap(({ p_chi, p_g }) => [p_chi, p_g]));
  const complaints = verdicts.flatMap(({ complaint }) => complaint ?? []);
  const { cells = 0 } = verdicts[0] ?? {};
  report.claim(
    `${each.name}: ${3 * third} draws by step, by seed and n at a time`,
    complaints.length === 0,
    complaints.length === 0 ? `least p ${worst.toExponential(1)}, ${cells} cells` : complaints.join("; "),
  );
}

async function manyDraws(
  connection: Connection,
  each: Drawn,
  seed: number,
  count: number,
): Promise<number[]> {
  const token_ids: number[] = [];
  for (let step = 0; token_ids.length < count; step++) {
    const n = Math.min(16_384, count - token_ids.length);
    token_ids.push(...(await drawN(connection, each, { seed: String(seed + 77), step }, n)));
  }
  return token_ids;
}

interface Verdict extends Fit {
  readonly complaint: string | undefined;
}

function verdictOf(token_ids: readonly number[], expected: Float64Array): Verdict {
  const counts = countsOf(token_ids, expected.length);
  const outside = token_ids.find((id) => !(expected[id]! > 0));
  const lost = expected.findIndex((p, id) => p * token_ids.length > EXPECTED_SURE && counts[id] === 0);
  const found = goodnessOfFit(counts, expected);
  const { p_chi, p_g } = found;
  if (outside !== undefined) return { ...found, complaint: `token ${outside} has no probability` };
  if (lost >= 0) return { ...found, complaint: `token ${lost} never comes` };
  return { ...found, complaint: Math.min(p_chi, p_g) < P_MIN ? `p ${p_chi} and ${p_g}` : undefined };
}

/** A top-p that leaves out the token that reaches the mass. */
function exclusiveTopP(p: number, each: Drawn): Stage[] {
  const kept = expectedOf({ ...each, chain: [topP(p)] }).filter((probability) => probability > 0).length;
  return [topK(kept - 1)];
}

/** One token too few or too many is detected soon. A temperature 5 % off needs this many draws, with a margin. */
const DRAWS_TO_FIND = { few: 4000, many: 40_000 };

/** The right chain is expected; the service is asked for a wrong one. */
async function proveFinds(report: Report, connection: Connection, seed: number): Promise<void> {
  const base = DRAWN[0]!;
  const wrong: readonly (readonly [string, Stage[], Stage[]])[] = [
    ["top_k 9 in place of 10", [topK(10)], [topK(9)]],
    ["top_k 11 in place of 10", [topK(10)], [topK(11)]],
    ["a top_p that leaves out the last token", [topP(0.9)], exclusiveTopP(0.9, base)],
    ["a temperature that is 5 % too high", [temperature(1)], [temperature(1.05)]],
    ["a temperature that is 5 % too low", [temperature(1)], [temperature(0.95)]],
  ];
  const keys: Key[] = stepsOf(seed + 5, DRAWS_TO_FIND.many);
  for (const [name, right, asked] of wrong) {
    const count = asked[0]?.stage === "temperature" ? DRAWS_TO_FIND.many : DRAWS_TO_FIND.few;
    const token_ids = await draw(connection, { row: base.row, chain: asked }, keys.slice(0, count));
    const { complaint } = verdictOf(token_ids, expectedOf({ ...base, chain: right }));
    report.claim(`${name} is detected`, complaint !== undefined, complaint);
  }
}
