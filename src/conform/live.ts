/**
 * Judges a running engine like the suite. An engine takes no rows, so each case is an audit with options, on rows of the
 * model.
 */
import { type AuditReport, audit, type Lend } from "../engines/audit/audit.ts";
import type { Engine, EngineOptions } from "../engines/engine.ts";
import { EngineError, MissingOption } from "../engines/engine.ts";
import { Problem } from "../errors.ts";
import type { Verdict } from "./judge.ts";
import type { Judged } from "./report.ts";

export interface LivePlan {
  readonly prompt: readonly number[];
  /** options with which an engine may have been started */
  readonly defaults: EngineOptions;
  readonly sections: readonly string[];
  readonly signal?: AbortSignal;
}

const STEPS = 4;
/** Number of draws for an engine that does not return its distribution. */
const DRAWS = 100;
const SECTION = { single: "live: one option", orders: "live: orders", draws: "live: draws" } as const;
export const LIVE_SECTIONS: readonly string[] = Object.values(SECTION);

/** The options of each case, and its section. Options that are on by default are off unless named. */
const OFF = { temperature: 1, top_k: 0, top_p: 1, min_p: 0 };
const CASES: readonly (readonly [section: string, options: EngineOptions])[] = [
  ...[{ temperature: 0.5 }, { temperature: 1.5 }, { top_k: 1 }, { top_k: 5 }, { top_k: 40 }].map(single),
  ...[{ top_p: 0.3 }, { top_p: 0.7 }, { top_p: 0.95 }, { min_p: 0.02 }, { min_p: 0.1 }, { min_p: 0.5 }].map(
    single,
  ),
  ...[{ typical_p: 0.5 }, { typical_p: 0.9 }, { top_n_sigma: 1 }, { logit_bias: { "5": 3, "7": -3 } }].map(
    single,
  ),
  [SECTION.orders, { temperature: 1.8, top_p: 0.6 }],
  [SECTION.orders, { temperature: 0.4, top_p: 0.6 }],
  [SECTION.orders, { temperature: 1.8, min_p: 0.1 }],
  [SECTION.orders, { temperature: 0.4, min_p: 0.1 }],
  [SECTION.orders, { top_k: 6, top_p: 0.6 }],
  [SECTION.orders, { top_p: 0.8, min_p: 0.15 }],
  [SECTION.orders, { temperature: 0.8, top_k: 40, top_p: 0.95, min_p: 0.05 }],
  [SECTION.orders, { temperature: 2, top_k: 8, top_p: 0.5, min_p: 0.02 }],
  [SECTION.draws, { temperature: 1.2, top_k: 8 }],
];

function single(options: EngineOptions): readonly [string, EngineOptions] {
  return [SECTION.single, options];
}

/** Audits an engine with the options of every case. Throws an EngineError when it cannot be reached. */
export async function judgedLive(
  engine: Engine,
  { prompt, defaults, sections, signal }: LivePlan,
  lend: Lend,
): Promise<Judged[]> {
  const judged: Judged[] = [];
  const tells = await tellsProcessed(engine, prompt, signal);
  for (const [place, [section, own]] of CASES.entries()) {
    if (sections.length > 0 && !sections.includes(section)) continue;
    const options = { ...OFF, ...own };
    const draws = section === SECTION.draws || !tells ? DRAWS : 0;
    const plan = { prompt, options, defaults, steps: STEPS, draws, seed: 1 };
    const id = `live-${String(place + 1).padStart(3, "0")}`;
    const verdict = await verdictOf(() => audit(engine, plan, lend, signal === undefined ? {} : { signal }));
    judged.push({ vector: { id, section, rule: Object.keys(own).join(", "), options }, verdict });
  }
  return judged;
}

async function tellsProcessed(
  engine: Engine,
  prompt: readonly number[],
  signal?: AbortSignal,
): Promise<boolean> {
  const { processed } = await engine.own(prompt, { temperature: 1 }, signal === undefined ? {} : { signal });
  return processed !== undefined;
}

/** An option that the engine or its preset lacks counts as not supported; a refused request is an error. */
async function verdictOf(audited: () => Promise<AuditReport>): Promise<Verdict> {
  try {
    const { agrees, reasons, steps, draws } = await audited();
    if (agrees)
      return {
        kind: steps.some(({ is_rounding }) => is_rounding) ? "rounding" : "passed",
        as: [],
        not_as: [],
      };
    const as = reasons.filter((reason) => reason.agrees).map(({ says }) => says);
    const seeds = draws?.repeated.agree === false ? ["as if the seed were ignored"] : [];
    return { kind: "failed", as: [...seeds, ...as], not_as: [] };
  } catch (error) {
    const is_missing = error instanceof Problem && error.code === "option_conflict";
    if (error instanceof MissingOption || is_missing) return { kind: "not_supported", as: [], not_as: [] };
    if (!(error instanceof EngineError) || error.status === undefined) throw error;
    return { kind: "error", as: [], not_as: [], detail: error.message };
  }
}
