/** The written text, or two texts side by side with their differences coloured. */

import { DraftsLine } from "../../speculate/drafts-line.tsx";
import { visit } from "../../state/history.ts";
import { differencesOf } from "../differences.ts";
import { model } from "../model.ts";
import type { SideName } from "../side-names.ts";
import { chosen_side, type Side, sides } from "../sides.ts";
import { is_writing, prompt, selectTokenOf, written_prompt } from "../writer.ts";
import { Alternatives } from "./alternatives.tsx";
import { Fork } from "./fork.tsx";
import { Parting } from "./parting.tsx";
import { pointed } from "./pointed.ts";
import { SideHead } from "./side-head.tsx";
import { TextTokens } from "./text-tokens.tsx";

export function TextPanel() {
  const shown = sides.value;
  const [first, second] = shown.map(([, { written }]) => written.map(({ token_id }) => token_id));
  const differences = first && second && differencesOf(first, second);
  const is_empty = shown.every(([, { written }]) => written.length === 0);
  return (
    <section class="panel text-panel" aria-labelledby="text-title">
      <div class="panel-head">
        <h2 id="text-title">Text</h2>
        <span class="aside">
          {differences === undefined
            ? "the stronger a tint, the less likely the token; point at one for what else could have stood there"
            : "coloured: what the other text has not; point at a token for what else could have stood there"}
        </span>
      </div>
      {differences && !is_empty && <Parting sides={shown} differences={differences} />}
      <div class={differences ? "sides" : ""}>
        {shown.map(([name, side], i) => (
          <Text
            key={name}
            name={name}
            side={side}
            differing={i === 0 ? differences?.first : differences?.second}
          />
        ))}
      </div>
      {shown.map(([name, { written }]) => (
        <DraftsLine key={name} name={differences && name} written={written} />
      ))}
      {is_empty && (
        <p class="note first-note">
          {model.value.kind === "ready"
            ? "Press Write, or Ctrl+Enter: the service draws each token from the model's own logits, and its step opens below."
            : "The model is on its way: 24 MB, once. It writes here, and each token's step opens below."}
        </p>
      )}
      <Fork />
    </section>
  );
}

interface TextProps {
  readonly name: SideName;
  readonly side: Side;
  readonly differing: readonly boolean[] | undefined;
}

function Text({ name, side, differing }: TextProps) {
  const is_chosen = name === chosen_side.value;
  const at = pointed.value?.name === name ? pointed.value : undefined;
  const open = at && side.written[at.index];
  return (
    <div class={differing && is_chosen ? "side is-chosen" : "side"}>
      {differing && <SideHead name={name} side={side} />}
      <div class="text" aria-busy={is_writing.value}>
        <span class="text-prompt">{written_prompt.value ?? prompt.value}</span>
        <TextTokens
          name={name}
          tokens={side.written}
          differing={differing}
          select={(index) => {
            visit();
            selectTokenOf(name, index);
          }}
        />
        {is_writing.value && <span class="caret" aria-hidden="true" />}
      </div>
      {at && open && <Alternatives token={open} at={at} />}
    </div>
  );
}
