/** The head of the page: its name and purpose, views, link, documentation, theme. */
import { asset } from "../api/asset.ts";
import { docs_url } from "../api/place.ts";
import { visit } from "../state/history.ts";
import { type View, view } from "../state/signals.ts";
import { SavePicture } from "./save-picture.tsx";
import { Share } from "./share.tsx";
import { ThemeSwitch } from "./theme-switch.tsx";

const TABS: readonly (readonly [View, string])[] = [
  ["sample", "Sample"],
  ["write", "Write"],
  ["calibrate", "Calibrate"],
  ["learn", "Learn"],
];

/** The purpose of each view, in a sentence for a first visitor. */
const WHAT: Readonly<Record<View, string>> = {
  sample:
    "See how a language model's next token is drawn: what each sampler removes, why, and what another host would have drawn.",
  write: "A small language model writes in your browser; the service draws every token, and shows how.",
  calibrate: "See whether a classifier means the probabilities it gives, and mend it with one temperature.",
  learn:
    "How a row of numbers becomes a word: softmax, temperature, top-k, top-p, min-p and the draw in one picture, then nine ideas to drag.",
};

export function PageHead() {
  return (
    <header class="page-head">
      <h1 class="mark">
        <img src={asset("icon.svg")} alt="" width="24" height="24" />
        logit-sampler
      </h1>
      <nav class="views" aria-label="Views">
        {TABS.map(([name, title]) => (
          <button
            type="button"
            key={name}
            aria-current={view.value === name ? "page" : undefined}
            onClick={() => {
              if (view.value === name) return;
              visit();
              view.value = name;
            }}
          >
            {title}
          </button>
        ))}
      </nav>
      <Share />
      <SavePicture />
      <a class="head-link" href={docs_url}>
        API
      </a>
      <ThemeSwitch />
      <p class="what">{WHAT[view.value]}</p>
    </header>
  );
}
