/**
 * The alternatives at a position of the text: the model's likeliest tokens, the chain's effect on each, and a button
 * that continues the text with it.
 */
import { useEffect } from "preact/hooks";
import { named, percent } from "../../components/format.ts";
import { Token } from "../../components/token.tsx";
import type { Written } from "../draw-next.ts";
import { forkAt, selectTokenOf, stopWriting } from "../writer.ts";
import { type Chance, chancesOf, fates } from "./fates.ts";
import { FORKED_TOKENS } from "./fork.tsx";
import { close, closeSoon, type Pointed, stayOpen } from "./pointed.ts";

export function Alternatives({ token, at }: { token: Written; at: Pointed }) {
  useEffect(() => {
    void fates(token, at.index);
  }, [token]);
  useEffect(closeElsewhere, []);
  const chances = chancesOf(token);
  const largest = Math.max(...chances.map(({ raw = 0, processed = 0 }) => Math.max(raw, processed)));
  return (
    <fieldset
      class="alternatives"
      aria-label={`Instead of ${named(token.token_id, token.text)}`}
      style={{ "--left": `${at.left}px`, "--top": `${at.top}px` }}
      onPointerEnter={stayOpen}
      onPointerLeave={(event) => event.pointerType === "mouse" && closeSoon()}
      onKeyDown={goToAlternative}
    >
      <p class="alternatives-head" aria-hidden="true">
        <span>token {at.index + 1}</span>
        <span>model</span>
        <span>chain</span>
      </p>
      {chances.map((chance) => (
        <Alternative key={chance.token_id} chance={chance} token={token} at={at} largest={largest} />
      ))}
      <p class="note">Press one to write on from it.</p>
    </fieldset>
  );
}

interface Props {
  readonly chance: Chance;
  readonly token: Written;
  readonly at: Pointed;
  readonly largest: number;
}

function Alternative({ chance: { token_id, raw, processed, removed_by }, token, at, largest }: Props) {
  const label = token.row.labelOf(token_id);
  const is_here = token_id === token.token_id;
  return (
    <button
      type="button"
      class={`alternative ${is_here ? "is-here" : ""} ${removed_by === undefined ? "" : "is-dead"}`}
      disabled={is_here}
      onClick={() => {
        stopWriting();
        selectTokenOf(at.name, at.index);
        close();
        void forkAt(at.index, FORKED_TOKENS, token_id);
      }}
    >
      <Token token_id={token_id} label={label} />
      <span class="alternative-bar">
        <i style={{ width: `${(100 * (raw ?? 0)) / largest}%` }} />
        <b style={{ width: `${(100 * (processed ?? 0)) / largest}%` }} />
      </span>
      <span>
        {raw === undefined ? "…" : percent(raw)}
        <span class="unseen"> by the model,</span>
      </span>
      <span class="alternative-end">
        <End processed={processed} removed_by={removed_by} />
        {is_here && <span class="unseen">, as it is</span>}
      </span>
    </button>
  );
}

function End({ processed, removed_by }: Pick<Chance, "processed" | "removed_by">) {
  if (removed_by !== undefined)
    return (
      <>
        <span aria-hidden="true">✕ </span>
        <span class="unseen">removed by </span>
        {removed_by}
      </>
    );
  if (processed === undefined) return null;
  return (
    <>
      {percent(processed)}
      <span class="unseen"> by the chain</span>
    </>
  );
}

const STEPS: Readonly<Record<string, "previousElementSibling" | "nextElementSibling">> = {
  ArrowUp: "previousElementSibling",
  ArrowDown: "nextElementSibling",
};

function goToAlternative(event: KeyboardEvent): void {
  const list = event.currentTarget as HTMLElement; // the handler sits on the list
  const focused = document.activeElement;
  if (event.key === "Escape") {
    list.closest(".side")?.querySelector<HTMLElement>('.text-token[aria-expanded="true"]')?.focus();
    close();
  }
  const step = STEPS[event.key];
  if (step === undefined || !(focused instanceof HTMLElement)) return;
  event.preventDefault();
  const next = focused[step];
  if (next instanceof HTMLElement) next.focus();
}

/** Closes when the user presses or moves anywhere else. Returns a function that ends this. */
function closeElsewhere(): () => void {
  const leave = ({ target }: Event) => {
    if (target instanceof Element && target.closest(".alternatives, .text-token") === null) close();
  };
  const press = ({ key }: KeyboardEvent) => {
    if (key === "Escape") close();
  };
  addEventListener("pointerdown", leave);
  addEventListener("focusin", leave);
  addEventListener("keydown", press);
  return () => {
    removeEventListener("pointerdown", leave);
    removeEventListener("focusin", leave);
    removeEventListener("keydown", press);
  };
}
