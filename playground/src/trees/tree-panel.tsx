/** Possible continuations of the text as a tree: the beams of a search, or verified drafts. */
import { signal } from "@preact/signals";
import { Refusal } from "../api/client.ts";
import type { ProblemBody } from "../api/wire.ts";
import { Says } from "../components/says.tsx";
import { sentChain } from "../state/chain.ts";
import { NO_EXTRAS } from "../state/extras.ts";
import { chain, seed } from "../state/signals.ts";
import { readyModel } from "../write/model.ts";
import { is_writing, textNow } from "../write/writer.ts";
import { type Grow, type GrownTree, growBeams, growDrafts } from "./grow.ts";
import { TokenTree } from "./token-tree.tsx";

const KINDS: Readonly<Record<string, Grow>> = {
  "A beam search": growBeams,
  "A tree of drafts": growDrafts,
};

const grown = signal<{ readonly kind: string; readonly tree: GrownTree } | undefined>(undefined);
const growing = signal<string | undefined>(undefined);
const problem = signal<ProblemBody | undefined>(undefined);

async function grow(kind: string, by: Grow): Promise<void> {
  const with_model = readyModel();
  if (with_model === undefined || growing.value !== undefined) return;
  growing.value = kind;
  problem.value = undefined;
  try {
    const drawn_with = { seed: seed.value, chain: sentChain(chain.value), extras: NO_EXTRAS };
    grown.value = { kind, tree: await by(with_model, await textNow(with_model), drawn_with) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    problem.value = error.problem;
  } finally {
    growing.value = undefined;
  }
}

export function TreePanel() {
  const is_free = readyModel() !== undefined && growing.value === undefined && !is_writing.value;
  return (
    <section class="panel tree-panel" aria-labelledby="tree-title">
      <div class="panel-head">
        <h2 id="tree-title">What could follow</h2>
        <span class="aside">from the end of the text, with the chain and seed as they are</span>
      </div>
      <div class="chips">
        {Object.entries(KINDS).map(([kind, by]) => (
          <button
            type="button"
            class="chip"
            key={kind}
            disabled={!is_free}
            onClick={() => void grow(kind, by)}
          >
            {kind}
          </button>
        ))}
      </div>
      {problem.value && <Says problem={problem.value} />}
      <div aria-live="polite">
        {growing.value !== undefined && <p class="note">The model reads: {growing.value.toLowerCase()}.</p>}
        {grown.value && <p class="note">{grown.value.tree.sentence}</p>}
      </div>
      {grown.value && <TokenTree nodes={grown.value.tree.nodes} label={grown.value.kind} />}
    </section>
  );
}
