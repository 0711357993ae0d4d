/** The story: steps that scroll beside one picture, which shows the step in the middle of the screen. */
import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Says } from "../../components/says.tsx";
import { useAsked } from "../asked.ts";
import { dialValue } from "../dial.tsx";
import { StoryPicture } from "./picture.tsx";
import { askStory, type Question, type Told } from "./question.ts";
import { CONTEXT, cutNow, DRAW, STEPS, type Step, TEMPERATURE } from "./steps.tsx";

export function Story() {
  const active = useSignal(0);
  useEffect(() => followScroll(active), []);
  const { reply, problem } = useStory(STEPS[active.value]);
  return (
    <section class="panel story" id="story" aria-labelledby="story-title">
      <h2 id="story-title">From a row of numbers to a text</h2>
      <div class="story-columns">
        <div class="story-stage">
          <StoryPicture of={reply} />
          {problem && <Says problem={problem} />}
        </div>
        <ol class="story-steps">
          {STEPS.map((step, i) => (
            <StoryStep
              key={step.id}
              step={step}
              told={reply}
              is_active={i === active.value}
              focus={() => (active.value = i)}
            />
          ))}
        </ol>
      </div>
    </section>
  );
}

/** The answer for the step being read, with the present values of the dials. */
function useStory(step: Step | undefined) {
  const question: Question = {
    mode: step?.mode ?? "logits",
    context: dialValue(CONTEXT),
    temperature: dialValue(TEMPERATURE),
    cut: cutNow(),
    step: dialValue(DRAW),
  };
  return useAsked(JSON.stringify(question), () => askStory(question));
}

interface StepProps {
  readonly step: Step;
  readonly told: Told | undefined;
  readonly is_active: boolean;
  readonly focus: () => void;
}

function StoryStep({ step: { id, title, words, Controls }, told, is_active, focus }: StepProps) {
  return (
    // a step that gets the keyboard focus becomes the current step
    <li
      id={id}
      class={`story-step ${is_active ? "is-active" : ""}`}
      aria-current={is_active ? "step" : undefined}
      onFocusIn={focus}
    >
      <h3>{title}</h3>
      {words.map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
      {Controls && <Controls told={told} />}
    </li>
  );
}

/** The part of the window's height in which a step counts as being read. */
const READ_AT = "-45% 0px -45% 0px";

function followScroll(active: Signal<number>): () => void {
  const elements = STEPS.map(({ id }) => document.getElementById(id));
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries)
        if (isIntersecting) active.value = elements.indexOf(target as HTMLElement); // those observed
    },
    { rootMargin: READ_AT },
  );
  for (const element of elements) if (element !== null) observer.observe(element);
  return () => observer.disconnect();
}
