export function CalibrateView() {
  return null;
}
