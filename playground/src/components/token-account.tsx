/** One token in words: its way through the chain, and what can be done with it. */
import { biasOf, setBias } from "../state/token-rules.ts";
import { chosen_token } from "./chosen-token.ts";
import { named, percent } from "./format.ts";
import type { Column, Life, Lives } from "./lives.ts";

export function TokenAccount({ lives, columns }: { lives: Lives; columns: readonly Column[] }) {
  const life = lives.rows.find(({ token_id }) => token_id === chosen_token.value);
  if (life === undefined) return null;
  return (
    <section class="account" aria-label="The token that is chosen">
      <p>
        <b>{named(life.token_id, life.label)}</b>, token {life.token_id}: {wayOf(life, columns)}
        {life.death && <> {life.death.full}</>}
        {life.is_drawn && <> It was drawn.</>}
      </p>
      <Actions token_id={life.token_id} />
    </section>
  );
}

/** 1.2 % as it came, 0.9 % after temperature, … */
function wayOf({ raw, after }: Life, columns: readonly Column[]): string {
  const ways = after.map((p, i) => `${percent(p)} after ${columns[i]?.entry.stage}`);
  return `${[`${percent(raw)} as it came`, ...ways].join(", ")}.`;
}

function Actions({ token_id }: { token_id: number }) {
  const bias = biasOf(token_id);
  const number = typeof bias === "number" ? bias : 0;
  return (
    <div class="account-actions">
      <button type="button" onClick={() => setBias(token_id, number + 1)}>
        Likelier: bias +1
      </button>
      <button type="button" onClick={() => setBias(token_id, number - 1)}>
        Less likely: −1
      </button>
      <button type="button" onClick={() => setBias(token_id, "-inf")}>
        Never draw it
      </button>
      {bias !== undefined && (
        <button type="button" class="plain" onClick={() => setBias(token_id, undefined)}>
          Take the bias away ({bias === "-inf" ? "−∞" : String(bias).replace("-", "−")})
        </button>
      )}
      <button
        type="button"
        class="plain"
        onClick={() => {
          chosen_token.value = undefined;
        }}
      >
        Close
      </button>
    </div>
  );
}
