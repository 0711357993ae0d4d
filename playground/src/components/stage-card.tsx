/** One stage of the chain: its summary, its options, its result in the answer, and its error. */
import type { StageInfo, TraceEntry } from "../api/wire.ts";
import { PlayButton } from "../distribution/play-button.tsx";
import { stageInfo } from "../state/catalogue.ts";
import { removeStage, switchStage } from "../state/chain.ts";
import { answer, problem } from "../state/result.ts";
import { type ChainItem, chain } from "../state/signals.ts";
import { count } from "./format.ts";
import { OptionField } from "./option-field.tsx";
import { Says } from "./says.tsx";
import type { Reorder } from "./use-reorder.ts";

interface Props {
  readonly item: ChainItem;
  readonly place: number;
  readonly places: number;
  readonly reorder: Reorder;
}

export function StageCard({ item, place, places, reorder }: Props) {
  const info = stageInfo(item.stage);
  const pointer = pointerOf(item);
  const said = problem.value?.pointer === pointer || problem.value?.pointer === `${pointer}/stage`;
  return (
    <li class={`card ${item.on ? "" : "is-off"}`} data-key={item.key} data-stage={item.stage}>
      <div class="card-head">
        <button
          type="button"
          class="grip"
          aria-label={`Move ${item.stage}, now ${place + 1} of ${places}; use the arrow keys`}
          {...reorder.grip(item.key)}
        >
          <span aria-hidden="true">⠿</span>
        </button>
        <h3>{item.stage}</h3>
        {info && <PlayButton item={item} info={info} />}
        <Fared entry={entryOf(item)} is_on={item.on} />
        <label class="switch">
          <input
            type="checkbox"
            role="switch"
            aria-label={`${item.stage} is on`}
            checked={item.on}
            aria-checked={item.on}
            onChange={(event) => switchStage(item.key, event.currentTarget.checked)}
          />
          <span aria-hidden="true" />
        </label>
        <button
          type="button"
          class="plain remove"
          aria-label={`Remove ${item.stage}`}
          onClick={() => removeStage(item.key)}
        >
          <span aria-hidden="true">×</span>
        </button>
      </div>
      {info && <Body item={item} info={info} pointer={pointer} />}
      {said && problem.value && <Says problem={problem.value} />}
    </li>
  );
}

/** Required options are shown; options with a default are folded away. */
function Body({ item, info, pointer }: { item: ChainItem; info: StageInfo; pointer: string }) {
  const required = info.options.required ?? [];
  const names = Object.keys(info.options.properties).filter((name) => name !== "stage");
  const field = (name: string) => (
    <OptionField key={name} item={item} name={name} info={info} pointer={`${pointer}/${name}`} />
  );
  const folded = names.filter((name) => !required.includes(name));
  return (
    <>
      <p class="plain-words">{firstSentence(info.summary)}</p>
      <p class="formula">{info.formula}</p>
      {names.filter((name) => required.includes(name)).map(field)}
      <details class="more" open={folded.some((name) => item.options[name] !== undefined) || undefined}>
        <summary>{folded.length > 0 ? `${folded.length} more, and what it does` : "what it does"}</summary>
        <p class="note">
          {info.summary}{" "}
          <a href={info.source.url} rel="noreferrer">
            {info.source.title}
          </a>
        </p>
        {folded.map(field)}
      </details>
    </>
  );
}

/** The first sentence of a stage's summary; the rest is folded away. */
function firstSentence(summary: string): string {
  return /^.*?\.(?=\s|$)/.exec(summary)?.[0] ?? summary;
}

/** 8,192 → 40, or the reason why it did not run. */
function Fared({ entry, is_on }: { entry: TraceEntry | undefined; is_on: boolean }) {
  if (!is_on) return <span class="fared">off</span>;
  if (entry === undefined) return <span class="fared" />;
  if (entry.skipped === "neutral") return <span class="fared">changes nothing</span>;
  if (entry.skipped === "greedy") return <span class="fared">skipped: only the argmax counts</span>;
  if (entry.kept_before === entry.kept_after) return <span class="fared">keeps all</span>;
  return (
    <span class="fared">
      {count(entry.kept_before)} → <b>{count(entry.kept_after)}</b>
    </span>
  );
}

function placeAmongSent(item: ChainItem): number {
  return chain.value.filter(({ on }) => on).findIndex(({ key }) => key === item.key);
}

function pointerOf(item: ChainItem): string {
  return `/chain/${placeAmongSent(item)}`;
}

/** The stage's entry in the trace, when the answer belongs to this chain. */
function entryOf(item: ChainItem): TraceEntry | undefined {
  const { trace = [] } = answer.value?.sampled ?? {};
  // with several rows, the explanation begins with how they were combined
  const first = trace[0]?.combination === undefined ? 0 : 1;
  const entry = trace[first + placeAmongSent(item)];
  return entry?.stage === item.stage ? entry : undefined;
}
