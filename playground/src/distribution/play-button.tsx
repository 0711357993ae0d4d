/** Animates a stage's main number, and stops the animation. */

import type { StageInfo } from "../api/wire.ts";
import { Icon } from "../components/icon.tsx";
import { controlOf } from "../controls/control.ts";
import { answer } from "../state/result.ts";
import type { ChainItem } from "../state/signals.ts";
import { play, spanOf, stopSweep, sweep } from "./sweep.ts";

export function PlayButton({ item, info }: { item: ChainItem; info: StageInfo }) {
  const schema = info.options.properties[info.name];
  if (schema === undefined || controlOf(schema).kind !== "number" || !item.on) return null;
  const is_playing = sweep.value?.key === item.key && sweep.value.is_running;
  const [low, high] = spanOf(info.name, schema);
  return (
    <button
      type="button"
      class="plain play"
      disabled={answer.value === undefined}
      aria-pressed={is_playing}
      aria-label={is_playing ? `Stop playing ${info.name}` : `Play ${info.name} from ${low} to ${high}`}
      title={is_playing ? "Stop" : `Play: ${low} → ${high}`}
      onClick={() => (is_playing ? stopSweep() : void play(item, schema))}
    >
      <Icon name={is_playing ? "stop" : "play"} />
    </button>
  );
}
