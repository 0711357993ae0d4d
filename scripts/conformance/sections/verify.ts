/** Drafts to verify, with given uniform numbers: the accepted tokens, and the replacement of a rejected one. */

import type { Line, Section } from "../../../evidence/conformance/vector.ts";
import { seeded } from "../../../evidence/seeded.ts";
import { uniform } from "../../../src/sampling/rng.ts";
import { VERIFY_METHODS } from "../../../src/sampling/verify/index.ts";
import { MARGIN } from "../definition.ts";

type Law = readonly number[];

interface Call {
  readonly draft: readonly number[];
  /** the target's probabilities after each token of the draft, and after the last */
  readonly p: readonly Law[];
  readonly q: readonly Law[];
  /** decide about each drafted token */
  readonly u_accept: readonly number[];
  /** choose the token after this number of accepted ones */
  readonly u_token: readonly number[];
}

interface Verdict {
  readonly accepted: number;
  readonly token_id: number;
  readonly margin: number;
}

/** The smallest distance of any decision from its bound. */
class Margin {
  value = 1;
  below(a: number, b: number): boolean {
    this.value = Math.min(this.value, Math.abs(a - b));
    return a < b;
  }
}

const probability = (law: Law | undefined, id: number | undefined) => law?.[id ?? -1] ?? 0;
const sum = (values: readonly number[]) => values.reduce((total, x) => total + x, 0);

/** The token at u of weights, in the order of ids. */
function at(weights: Law, u: number, margin: Margin): number {
  const total = sum(weights);
  let running = 0;
  for (const [id, weight] of weights.entries()) {
    running += weight / total;
    if (weight > 0 && margin.below(u, running)) return id;
  }
  return weights.findLastIndex((weight) => weight > 0);
}

const excess = (p: Law, q: Law, share = 1) => p.map((x, id) => Math.max(share * x - (q[id] ?? 0), 0));

/** Leviathan et al.: a token is accepted when u·q < p. `options` are mistakes. */
function rejection(
  { draft, p, q, u_accept, u_token }: Call,
  options: { ratio?: "inverse"; residual?: "p" | "q" } = {},
): Verdict {
  const margin = new Margin();
  for (const [i, id] of draft.entries()) {
    const [a, b] = options.ratio === "inverse" ? [q[i], p[i]] : [p[i], q[i]];
    if (margin.below((u_accept[i] ?? 0) * probability(b, id), probability(a, id))) continue;
    const own = p[i] ?? [];
    const law =
      options.residual === undefined
        ? excess(own, q[i] ?? [])
        : options.residual === "p"
          ? own
          : (q[i] ?? []);
    return {
      accepted: i,
      token_id: at(sum(law) > 0 ? law : own, u_token[i] ?? 0, margin),
      margin: margin.value,
    };
  }
  const last = draft.length;
  return { accepted: last, token_id: at(p[last] ?? [], u_token[last] ?? 0, margin), margin: margin.value };
}

/** Sun et al.: the longest prefix of the draft that the joint ratios accept. */
function block({ draft, p, q, u_accept, u_token }: Call): Verdict {
  const margin = new Margin();
  let [accepted, share_there, share] = [0, 1, 1];
  for (const [i, id] of draft.entries()) {
    if (i > 0) {
      const mass = sum(excess(p[i] ?? [], q[i] ?? [], share));
      const all = mass + 1 - share;
      const h = all === 0 ? 1 : mass / all;
      if (!margin.below(h, u_accept[i - 1] ?? 0)) [accepted, share_there] = [i, share];
    }
    share = Math.min(1, (share * probability(p[i], id)) / probability(q[i], id));
    if (share === 0) break;
  }
  const last = draft.length;
  if (share > 0 && !margin.below(share, u_accept[last - 1] ?? 0)) accepted = last;
  const law = accepted === last ? (p[last] ?? []) : excess(p[accepted] ?? [], q[accepted] ?? [], share_there);
  return { accepted, token_id: at(law, u_token[accepted] ?? 0, margin), margin: margin.value };
}

/** Cai et al.: a token is accepted when p is above min(ε, δ·e^−H). */
function typical({ draft, p, u_token }: Call): Verdict {
  const margin = new Margin();
  for (const [i, id] of draft.entries()) {
    const own = p[i] ?? [];
    const entropy = -sum(own.map((x) => (x > 0 ? x * Math.log(x) : 0)));
    if (margin.below(Math.min(0.09, 0.3 * Math.exp(-entropy)), probability(own, id))) continue;
    return { accepted: i, token_id: at(own, u_token[i] ?? 0, margin), margin: margin.value };
  }
  const last = draft.length;
  return { accepted: last, token_id: at(p[last] ?? [], u_token[last] ?? 0, margin), margin: margin.value };
}

/** Wang et al.: rejection against v = p/2 + q/2, where q is renormalised over the tokens that p has. */
function ensemble(call: Call): Verdict {
  const mixed = call.p.map((own, i) => {
    const kept = (call.q[i] ?? []).map((x, id) => (probability(own, id) > 0 ? x : 0));
    const mass = sum(kept);
    return mass === 0 ? own : own.map((x, id) => 0.5 * x + (0.5 / mass) * (kept[id] ?? 0));
  });
  return rejection({ ...call, p: mixed });
}

/** Stern et al.: each position draws, and the draft is accepted up to the first difference. */
function strict({ draft, p, u_token }: Call): Verdict {
  const margin = new Margin();
  for (const [i, id] of [...draft, -1].entries()) {
    const token_id = at(p[i] ?? [], u_token[i] ?? 0, margin);
    if (token_id !== id) return { accepted: i, token_id, margin: margin.value };
  }
  throw new Error("the last position has no drafted token");
}

const RULES: Readonly<Record<string, (call: Call) => Verdict>> = {
  strict,
  rejection: (call) => rejection(call),
  block,
  typical,
  ensemble,
};
const CASES = 50;

/** Probabilities of two decimals that add up to 1; some are 0. */
function lawOf(random: ReturnType<typeof seeded>, size: number): number[] {
  const weights = Array.from({ length: size }, () => (random.oneIn(8) ? 0 : 1 + random.below(30)));
  if (sum(weights) === 0) weights[0] = 1;
  const law = weights.map((weight) => Math.floor((100 * weight) / sum(weights)) / 100);
  const best = law.indexOf(Math.max(...law));
  law[best] = Math.round((1 - sum(law.filter((_, id) => id !== best))) * 100) / 100;
  return law;
}

function callOf(method: number, i: number): { readonly call: Call; readonly seed: string } {
  const random = seeded(289, method * 10_000 + i);
  const size = 3 + random.below(3);
  const k = 1 + random.below(4);
  const q = Array.from({ length: k }, () => lawOf(random, size));
  const p = Array.from({ length: k + 1 }, (_, place) =>
    random.oneIn(3) && place < k ? (q[place] ?? []) : lawOf(random, size),
  );
  const draft = q.map((law) => at(law, random.unit(), new Margin()));
  const seed = String(1000 + method * 10_000 + i);
  // The keyed uniforms of docs/reproducibility.md: a sampler that implements them gives the same draws with `seed`
  // alone.
  const u_accept = draft.map((_, place) => uniform("accept", seed, 0, place));
  const u_token = p.map((_, place) =>
    uniform(place < k && draws[method] === "residual" ? "residual" : "token", seed, place, 0),
  );
  return { call: { draft, p, q, u_accept, u_token }, seed };
}

/** The uniforms for the replacement of a rejected token, for each method, in the order in which it uses them. */
const draws = VERIFY_METHODS.map(({ name }) =>
  ["rejection", "block", "ensemble"].includes(name) ? "residual" : "token",
);

function lines(): Line[] {
  return VERIFY_METHODS.flatMap(({ name, source }, method) => {
    const rule = RULES[name];
    if (rule === undefined) throw new Error(`verify has no definition of ${name} here`);
    const found: Line[] = [];
    for (let i = 0; found.length < CASES; i++) {
      const { call, seed } = callOf(method, i);
      const { accepted, token_id, margin } = rule(call);
      if (margin < MARGIN) continue;
      const others = [
        { as: "as if every ratio were inverted", verdict: rejection(call, { ratio: "inverse" }) },
        {
          as: "as if the token in place of a rejected one came from the target, not from what the draft lacks",
          verdict: rejection(call, { residual: "p" }),
        },
        {
          as: "as if the token in place of a rejected one came from the draft",
          verdict: rejection(call, { residual: "q" }),
        },
        ...Object.entries(RULES).map(([other, take]) => ({
          as: `as if the method were ${other}`,
          verdict: take(call),
        })),
      ];
      found.push({
        id: `verify-${name}-${String(found.length + 1).padStart(3, "0")}`,
        section: "verify",
        task: "verify",
        rule: name,
        about: `a draft of ${call.draft.length} by ${name}, with the uniform numbers given`,
        method: name,
        ...call,
        seed,
        accepted,
        token_id,
        otherwise: others
          .filter(({ verdict }) => verdict.accepted !== accepted || verdict.token_id !== token_id)
          .map(({ as, verdict }) => ({ as: [as], accepted: verdict.accepted, token_id: verdict.token_id })),
        why: `${source.title}, ${source.url}`,
      });
    }
    return found;
  });
}

export const verify: Section = {
  name: "verify",
  about: "Speculative decoding: what of a draft is accepted, with the uniform numbers given.",
  files: () => ({ verify: lines() }),
};
