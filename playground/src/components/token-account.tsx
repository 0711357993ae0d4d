/** One token in words: its way through the chain, and the actions for it. */
import { pin, pins } from "../state/pins.ts";
import { allow, biasOf, hasAllowed, isAllowed, setBias } from "../state/token-rules.ts";
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

/** 1.2 % in the unchanged row, 0.9 % after temperature, … */
function wayOf({ raw, after }: Life, columns: readonly Column[]): string {
  const ways = after.map((p, i) => `${percent(p)} after ${columns[i]?.entry.stage}`);
  return `${[`${percent(raw)} as it came`, ...ways].join(", ")}.`;
}

function Actions({ token_id }: { token_id: number }) {
  const bias = biasOf(token_id);
  const number = typeof bias === "number" ? bias : 0;
  const is_allowed = isAllowed(token_id);
  const is_pinned = pins.value.includes(token_id);
  return (
    <div class="account-actions">
      <button type="button" onClick={() => setBias(token_id, number + 1)}>
        Likelier: +1
      </button>
      <button type="button" onClick={() => setBias(token_id, number - 1)}>
        Less likely: −1
      </button>
      <button type="button" onClick={() => setBias(token_id, "-inf")}>
        Ban
      </button>
      <button type="button" aria-pressed={is_allowed} onClick={() => allow(token_id, !is_allowed)}>
        {is_allowed ? "Allow no more" : hasAllowed() ? "Allow too" : "Force"}
      </button>
      <button type="button" aria-pressed={is_pinned} onClick={() => pin(token_id, !is_pinned)}>
        {is_pinned ? "Unpin" : "Pin"}
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
