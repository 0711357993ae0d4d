export function PresetSelect() {
  return null;
}
