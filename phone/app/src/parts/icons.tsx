/** The app's own icons: 24 units, drawn with a line of 2, hidden from screen readers (a word always stands beside). */

const PATHS = {
  house: "M4 11.5 12 4l8 7.5M6 10v10h12V10M10 20v-6h4v6",
  round: "M9 4h6v3H9zM7 5.5H5V21h14V5.5h-2M8.5 13l2.5 2.5 4.5-5",
  exchange: "M7 20V5m0 0L3.5 8.5M7 5l3.5 3.5M17 4v15m0 0 3.5-3.5M17 19l-3.5-3.5",
  settings: "M4 7h9m5 0h2M4 17h3m5 0h8M15.5 4.5v5M9.5 14.5v5",
  urgent: "M12 3 1.8 20.5h20.4zM12 10v4.5m0 2.4v.6",
  phone: "M5 4h4l1.5 5-2.3 1.7a12 12 0 0 0 5.1 5.1L15 13.5l5 1.5v4a1.5 1.5 0 0 1-1.6 1.5A15.5 15.5 0 0 1 3.5 5.6 1.5 1.5 0 0 1 5 4z",
  back: "M14.5 5 7.5 12l7 7",
  forward: "m9.5 5 7 7-7 7",
  close: "M5.5 5.5l13 13m0-13-13 13",
  check: "m4.5 12.5 5 5 10-11",
  plus: "M12 4.5v15M4.5 12h15",
  search: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5 20.5 20.5",
  filter: "M3.5 5h17L14 13v6.5l-4-2V13z",
  person: "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4.5 20.5c.6-4 3.6-6 7.5-6s6.9 2 7.5 6",
  child: "M12 3.500a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM5 10.500c2 1.5 4.5 2 7 2s5-.5 7-2M12 12.500v4m0 0-3 4.500m3-4.5 3 4.5",
  lock: "M6 10.500h12V20H6zM8.5 10.500V8a3.5 3.5 0 0 1 7 0v2.500M12 14.500v2",
  seal: "M12 3.5 19 6v5.500c0 4.5-3 7.5-7 9-4-1.5-7-4.5-7-9V6zM9 12l2.2 2.200L15.2 10",
  waiting: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 8v4.500l3 2",
  alert: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 8v5m0 2.700v.5",
  info: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 11v5.500m0-8.700v-.5",
  calendar: "M4.5 6h15v14h-15zM4.5 10.500h15M8.5 3.500V7m7-3.500V7",
  pen: "M4.5 19.5 5.5 15 15.5 5l3.5 3.5-10 10zM13 7.500l3.5 3.5",
  note: "M6 3.500h9l3.5 3.500v13.500H6zM9 10.500h6.500M9 14h6.500M9 17.500h4",
  two: "M4 6.500h7v11H4zM13 6.500h7v11h-7zM7.5 10v4M16.5 10v4",
  download: "M12 4v11m0 0-4.5-4.500M12 15l4.5-4.500M5 20h14",
  undo: "M8 5 4 9l4 4M4.5 9H14a5.5 5.5 0 0 1 0 11H9",
  erase: "M9 6h12v12H9l-6-6zM12.5 9.500l5 5m0-5-5 5",
  pin: "M12 21s-6.5-6-6.5-11a6.5 6.5 0 0 1 13 0C18.5 15 12 21 12 21zM12 7.800a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.400z",
  more: "M5.5 12h.1m6.4 0h.1m6.4 0h.1",
  offline: "M3.5 9a12 12 0 0 1 17 0M7 12.700a7 7 0 0 1 10 0M12 18.200v.1M4.5 4.500l15 15",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
