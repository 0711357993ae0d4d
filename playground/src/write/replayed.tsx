/** A row of a text that the model wrote: its place, and the progress while a link's text is written again. */

import { model } from "./model.ts";
import { ModelLine } from "./model-line.tsx";
import { replaying } from "./writer.ts";

export function Replayed({ index }: { index: number }) {
  const replay = replaying.value;
  if (replay === undefined)
    return <p class="note">The row of token {index + 1} of the text that the model wrote in Write.</p>;
  return (
    <>
      <p class="note" aria-live="polite">
        The link is of a text that the model wrote. It is written again here: {replay.done} of {replay.tokens}{" "}
        tokens.
      </p>
      {model.value.kind !== "ready" && <ModelLine />}
    </>
  );
}
