/** The few icons of the page, drawn so that they look the same with any fonts. */

const PATHS = {
  system: "M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18zM12 3v18M12 8l7-3.5M12 13l8.6-4.3M12 18l8.5-4.2",
  light:
    "M12 8a4 4 0 1 0 0 8a4 4 0 1 0 0-8zM12 2v2.5M12 19.500v2.500M2 12h2.500M19.500 12h2.500M5 5l1.700 1.700M17.300 17.300l1.700 1.700M19 5l-1.700 1.700M6.700 17.300l-1.700 1.700",
  dark: "M20 14.500A8.500 8.500 0 1 1 9.500 4a7 7 0 0 0 10.500 10.500z",
  play: "M7 4.500v15l12-7.500z",
  stop: "M6 6h12v12h-12z",
  pin: "M12 15v6M8 3h8l-1 6l3 3v3h-12v-3l3-3z",
  picture: "M4 5h16v14h-16zM4 16l5-5l4 4l3-3l4 4M15 9.500h.010",
  link: "M10 14a4 4 0 0 0 5.700 0l3-3a4 4 0 0 0-5.700-5.700l-1 1M14 10a4 4 0 0 0-5.700 0l-3 3a4 4 0 0 0 5.700 5.700l1-1",
} as const;

export function Icon({ name }: { name: keyof typeof PATHS }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" width="18" height="18" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
