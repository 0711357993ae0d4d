export function CodePanel() {
  return null;
}
