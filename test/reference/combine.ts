/** The rules that combine sources once more, plain and in float64: rows of logits in, scores out; −Infinity masks. */

export type Fields = Readonly<Record<string, unknown>>;

/** What a rule makes of its sources, and for each token how large the numbers are that were added up for it. */
export interface Scores {
  readonly scores: readonly number[];
  readonly sizes: readonly number[];
}

export function combinedScores(
  rows: readonly (readonly number[])[],
  combine: Fields,
  temperatures: readonly number[] = [],
): Scores {
  const sources = rows.map((row, i) => row.map((x) => x / (temperatures[i] ?? 1)));
  const [first = []] = sources;
  switch (combine["rule"]) {
    case "guidance": {
      const s = (combine["guidance_scale"] as number) + (combine["convention"] === "from_zero" ? 1 : 0);
      if (s === 1) return sum([first], [1]);
      if (combine["convention"] === "from_zero") return sum(sources, [s, 1 - s]);
      if (combine["convention"] === "raw") return sum(sources, [s, 1 - s]);
      return sum(sources.map(logSoftmax), [s, 1 - s]);
    }
    case "contrastive": {
      const { alpha = 0.1, beta = 0.5 } = combine as { alpha?: number; beta?: number };
      return onlyPlausible(sum(sources, [1 + beta, -beta]), first, alpha);
    }
    case "context_aware": {
      const { alpha = 0.5 } = combine as { alpha?: number | "adaptive" };
      const a = alpha === "adaptive" ? divergence(first, sources[1] ?? []) : alpha;
      return alpha === 0 ? sum([first], [1]) : sum(sources, [1 + a, -a]);
    }
    case "proxy": {
      const { a = 1 } = combine as { a?: number };
      if (a === 0) return sum([first], [1]);
      return sum(sources, [1, a, -a]);
    }
    case "dola": {
      const { relative_top = 0.1 } = combine as { relative_top?: number };
      const early = sources.slice(1);
      const distances = early.map((row) => divergence(first, row));
      const chosen = early[distances.indexOf(Math.max(...distances))] ?? [];
      return onlyPlausible(sum([first, chosen].map(logSoftmax), [1, -1]), first, relative_top);
    }
    case "product":
      return sum(sources.map(logSoftmax), weightsOf(combine, sources.length));
    default: {
      const weights = weightsOf(combine, sources.length);
      const logs = sources.map(logSoftmax);
      const scores = first.map((_, id) => {
        const parts = logs.map((row, i) => Math.log(weights[i] ?? 0) + (row[id] ?? 0));
        return logSumExp(parts);
      });
      return { scores, sizes: scores.map(Math.abs) };
    }
  }
}

function weightsOf({ weights }: Fields, count: number): readonly number[] {
  return (weights as readonly number[] | undefined) ?? Array.from({ length: count }, () => 1 / count);
}

function sum(rows: readonly (readonly number[])[], weights: readonly number[]): Scores {
  const [first = []] = rows;
  const parts = first.map((_, id) => rows.map((row, i) => [row[id] ?? 0, weights[i] ?? 0] as const));
  return {
    scores: parts.map((each) =>
      each.some(([x]) => x === -Infinity) ? -Infinity : each.reduce((total, [x, w]) => total + w * x, 0),
    ),
    sizes: parts.map((each) => each.reduce((total, [x, w]) => total + Math.abs(w * x), 0)),
  };
}

function onlyPlausible({ scores, sizes }: Scores, first: readonly number[], share: number): Scores {
  const least = Math.max(...first) + Math.log(share) - 1e-6;
  return { scores: scores.map((score, id) => ((first[id] ?? 0) >= least ? score : -Infinity)), sizes };
}

export function logSumExp(values: readonly number[]): number {
  const max = Math.max(...values);
  if (max === -Infinity) return max;
  return max + Math.log(values.reduce((total, x) => total + Math.exp(x - max), 0));
}

/** Counted from the largest, so that rows far from zero keep their digits. */
export function logSoftmax(row: readonly number[]): number[] {
  const max = Math.max(...row);
  const mass = logSumExp(row.map((x) => x - max));
  return row.map((x) => x - max - mass);
}

/** ½ Σ p ln(p/m) + ½ Σ q ln(q/m), m = (p + q)/2. */
export function divergence(a: readonly number[], b: readonly number[]): number {
  const [p, q] = [logSoftmax(a).map(Math.exp), logSoftmax(b).map(Math.exp)];
  const half = (x: number, y: number) => (x === 0 ? 0 : 0.5 * x * Math.log((2 * x) / (x + y)));
  return p.reduce((total, x, id) => total + half(x, q[id] ?? 0) + half(q[id] ?? 0, x), 0);
}
