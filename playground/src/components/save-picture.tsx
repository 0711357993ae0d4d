/** Saves the open view as a picture. */
import { save } from "../code/save.ts";
import { flush } from "../state/history.ts";
import { view } from "../state/signals.ts";
import { Icon } from "./icon.tsx";

export function SavePicture() {
  return (
    <button
      type="button"
      class="plain"
      title="Save this view as a picture (SVG)"
      onClick={() => void savePicture()}
    >
      <Icon name="picture" />
      <span class="unseen">Save this view as a picture</span>
    </button>
  );
}

/** The code for it is loaded at the first use. */
async function savePicture(): Promise<void> {
  const { pictureOf } = await import("../picture/view-picture.ts");
  const main = document.querySelector("main");
  if (main === null) return;
  flush();
  const svg = pictureOf(main, location.href);
  save(`logit-sampler-${view.value}.svg`, new Blob([svg], { type: "image/svg+xml" }));
}
