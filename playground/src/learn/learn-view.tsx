/** The story of a row, then the ideas after it: two sentences each, with a control to drag. */
import { useEffect } from "preact/hooks";
import type { Idea } from "./idea.ts";
import { adversarial } from "./ideas/adversarial.tsx";
import { firewall } from "./ideas/firewall.tsx";
import { gradient } from "./ideas/gradient.tsx";
import { logOdds } from "./ideas/log-odds.tsx";
import { overconfidence } from "./ideas/overconfidence.tsx";
import { softmax } from "./ideas/softmax.tsx";
import { temperature } from "./ideas/temperature.tsx";
import { torn } from "./ideas/torn.tsx";
import { truth } from "./ideas/truth.tsx";
import { STEPS } from "./story/steps.tsx";
import { Story } from "./story/story.tsx";

const IDEAS: readonly Idea[] = [
  logOdds,
  softmax,
  gradient,
  firewall,
  temperature,
  truth,
  overconfidence,
  torn,
  adversarial,
];

export function LearnView() {
  useEffect(() => {
    const asked = /(?:^#|&)idea=([a-z-]+)/.exec(location.hash)?.[1];
    if (asked !== undefined) document.getElementById(asked)?.scrollIntoView({ block: "start" });
  }, []);
  return (
    <main class="learn">
      <nav class="learn-list" aria-label="The story and the ideas">
        <ul>
          {STEPS.map(({ id, title }) => (
            <li key={id}>
              <button type="button" class="plain" onClick={() => goTo(id)}>
                {title}
              </button>
            </li>
          ))}
        </ul>
        <h2>Then, with dials</h2>
        <ol>
          {IDEAS.map(({ id, title }) => (
            <li key={id}>
              <button type="button" class="plain" onClick={() => goTo(id)}>
                {title}
              </button>
            </li>
          ))}
        </ol>
        <p class="note">
          The same as a tour in a terminal: <code>npx tsx examples/reading-logits/main.ts</code>
        </p>
      </nav>
      <div class="ideas">
        <Story />
        {IDEAS.map((idea, i) => (
          <IdeaPanel key={idea.id} idea={idea} number={i + 1} />
        ))}
      </div>
    </main>
  );
}

function IdeaPanel({ idea: { id, title, sentences, View, asks }, number }: { idea: Idea; number: number }) {
  return (
    <section class="panel idea" id={id} aria-labelledby={`${id}-title`}>
      <div class="idea-words">
        <h2 id={`${id}-title`}>
          <span class="idea-number">{number}</span> {title}
        </h2>
        {sentences.map((sentence) => (
          <p key={sentence}>{sentence}</p>
        ))}
        <p class="note">{asks}</p>
      </div>
      <div class="live">
        <View />
      </div>
    </section>
  );
}

/** A heading can have the focus only with a tab index. */
function goTo(id: string): void {
  const heading = document.getElementById(`${id}-title`) ?? document.querySelector<HTMLElement>(`#${id} h3`);
  if (heading === null) return;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
  document.getElementById(id)?.scrollIntoView({ block: "start" });
}
