/** Copies the page's address, which contains the whole state. Shows a message when the state does not fit. */
import { useSignal } from "@preact/signals";
import { copied } from "../code/clipboard.ts";
import { flush } from "../state/history.ts";
import { view } from "../state/signals.ts";
import { Icon } from "./icon.tsx";

/** How long "copied" is shown. */
const SAID_MS = 4000;

export function Share() {
  const said = useSignal("");
  const share = async () => {
    flush();
    const is_whole = view.value === "calibrate" || !location.hash.includes("row=file:");
    const done = await copied(location.href);
    said.value = !done
      ? "Copy it from the address bar"
      : is_whole
        ? "Link copied"
        : "Link copied, without the file";
    setTimeout(() => {
      said.value = "";
    }, SAID_MS);
  };
  return (
    <button type="button" class="plain share" onClick={() => void share()}>
      <Icon name="link" />
      <span class={`share-text ${said.value === "" ? "is-name" : ""}`} aria-live="polite">
        {said.value === "" ? "Copy link" : said.value}
      </span>
    </button>
  );
}
