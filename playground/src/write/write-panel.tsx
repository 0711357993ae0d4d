export function WritePanel() {
  return null;
}
