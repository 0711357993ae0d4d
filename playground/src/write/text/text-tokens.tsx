/**
 * A text's tokens, a button for each. One of them is a keyboard stop, and the arrow keys move on from it. The token
 * with the mouse or the focus shows its alternatives.
 */
import { visible } from "../../components/format.ts";
import { forcedBy } from "../../state/token-rules.ts";
import type { Written } from "../draw-next.ts";
import type { SideName } from "../side-names.ts";
import { chosen_side } from "../sides.ts";
import { selected } from "../writer.ts";
import { closeSoon, isPointedAt, openAt, openSoon, pointed } from "./pointed.ts";

interface Props {
  readonly name: SideName;
  readonly tokens: readonly Written[];
  /** true when the other text lacks the token; undefined without another text */
  readonly differing: readonly boolean[] | undefined;
  readonly select: (index: number) => void;
}

export function TextTokens({ name, tokens, differing, select }: Props) {
  const is_chosen = name === chosen_side.value;
  const stop =
    is_chosen && selected.value >= 0 ? Math.min(selected.value, tokens.length - 1) : tokens.length - 1;
  return (
    <>
      {tokens.map((token, index) => (
        <TokenButton
          // a token is identified only by its position in the text
          key={`${index}-${token.token_id}`}
          token={token}
          at={{ name, index }}
          look={lookOf(token, differing?.[index])}
          is_selected={is_chosen && selected.value === index}
          is_stop={index === stop}
          select={select}
        />
      ))}
    </>
  );
}

interface Look {
  readonly classes: string;
  /** 0 … 1: how unlikely the token was */
  readonly surprise: number;
}

function lookOf({ probability, chain, draft }: Written, is_differing: boolean | undefined): Look {
  const of_draft = draft === undefined ? "" : `is-${draft.fate}`;
  const mark = forcedBy(chain) === undefined ? of_draft : "is-forced";
  if (is_differing !== undefined)
    return { classes: `${mark} ${is_differing ? "is-differing" : ""}`, surprise: 0 };
  const surprise = Math.min(1, -Math.log2(Math.max(probability, 1e-9)) / 12);
  return { classes: mark, surprise: Math.round(100 * surprise) / 100 };
}

interface ButtonProps {
  readonly token: Written;
  readonly at: { readonly name: SideName; readonly index: number };
  readonly look: Look;
  readonly is_selected: boolean;
  readonly is_stop: boolean;
  readonly select: (index: number) => void;
}

function TokenButton({ token, at, look, is_selected, is_stop, select }: ButtonProps) {
  // the space before a word is outside its button, so that lines can break there as in any text
  const blank = /^\s*/.exec(token.text)?.[0] ?? "";
  const word = token.text.slice(blank.length);
  const rejected = token.draft?.rejected;
  return (
    <>
      {rejected !== undefined && (
        <s class="rejected" title="drafted and rejected" aria-hidden="true">
          {visible(token.row.labelOf(rejected) ?? "")}
        </s>
      )}
      {word !== "" && blank}
      <button
        type="button"
        class={`text-token ${look.classes}`}
        aria-pressed={is_selected}
        aria-expanded={isPointedAt(at)}
        aria-label={`${visible(token.text)}, token ${at.index + 1}${look.classes.includes("is-differing") ? ", differs" : ""}${draftInWords(token)}`}
        tabIndex={is_stop ? 0 : -1}
        style={{ "--surprise": String(look.surprise) }}
        onPointerEnter={(event) => event.pointerType === "mouse" && openSoon(at, event.currentTarget)}
        onPointerLeave={(event) => event.pointerType === "mouse" && closeSoon()}
        onFocus={(event) => event.currentTarget.matches(":focus-visible") && openAt(at, event.currentTarget)}
        onKeyDown={goToToken}
        onClick={(event) => {
          openAt(at, event.currentTarget);
          select(at.index);
        }}
      >
        {word === "" ? visible(token.text) : word}
      </button>
      {word === "" && blank}
    </>
  );
}

function draftInWords({ draft, row }: Written): string {
  if (draft?.fate === "accepted") return ", drafted and accepted";
  if (draft?.rejected === undefined) return "";
  return `, in place of the drafted ${visible(row.labelOf(draft.rejected) ?? "")}`;
}

const STEPS: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1 };

/** Left and right move through the text, down moves to the alternatives, Escape closes them. */
function goToToken(event: KeyboardEvent): void {
  const here = event.currentTarget as HTMLElement; // the handler sits on a button
  const text = here.closest(".side");
  if (event.key === "ArrowDown") {
    event.preventDefault();
    text?.querySelector<HTMLElement>(".alternatives button")?.focus();
  }
  if (event.key === "Escape") pointed.value = undefined;
  const by = STEPS[event.key];
  if (by === undefined || text === null) return;
  event.preventDefault();
  const all = [...text.querySelectorAll<HTMLElement>(".text-token")];
  all[all.indexOf(here) + by]?.focus();
}
