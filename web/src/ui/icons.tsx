import { text } from "../text";

/** Outlines on a grid of 16; one idea per role, the same weight for all. */
const ROLE: Record<string, string> = {
  plc: "M2.5 3.5h11v9h-11zM5.5 3.5v9M8 6h3.5M8 8h3.5M8 10h2",
  rtu: "M3 6.5h10v7H3zM8 6.5V2.5M5.5 4.5a3.5 3.5 0 0 1 5 0M5.5 10h5",
  ied: "M2.5 2.5h11v11h-11zM9 4.5l-3 4h4l-3 3.5",
  safety_controller: "M8 2l5 2v4c0 3-2 5-5 6-3-1-5-3-5-6V4zM5.8 8l1.7 1.7 3-3.2",
  remote_io: "M2.5 4.5h11v7h-11zM5 4.5v7M7.5 4.5v7M10 4.5v7M2.5 8h11",
  drive: "M8 2.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 0 1 0-11M5.5 10V6l2.5 2.5L10.5 6v4",
  field_device: "M8 9.5a3 3 0 1 1 0-6a3 3 0 0 1 0 6M8 9.5v4M5 13.5h6M8 6.5l1.5-1",
  hmi: "M2.5 3h11v7.5h-11zM6 13.5h4M8 10.5v3M5 7.5l1.5-2 2 1.5L11 5",
  scada_server: "M3 2.5h10v4.5H3zM3 9h10v4.5H3zM5 4.7h.5M5 11.2h.5M8 4.7h3M8 11.2h3",
  engineering_workstation: "M2.5 3h11v7h-11zM5.5 13.5h5M8 10v3.5M6.5 5L5 6.5 6.5 8M9.5 5L11 6.5 9.5 8",
  historian: "M3 4.5c0-1 2-2 5-2s5 1 5 2-2 2-5 2-5-1-5-2zM3 4.5v7c0 1 2 2 5 2s5-1 5-2v-7M3 8c0 1 2 2 5 2s5-1 5-2",
  gateway: "M2.5 5.5h11v5h-11zM5 8h6M9.5 6.5L11 8l-1.5 1.5M6.5 6.5L5 8l1.5 1.5",
  switch: "M2 5.5h12v5H2zM4.5 8h.5M7 8h.5M9.5 8h.5M12 8h.2",
  router: "M8 2.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 0 1 0-11M5 6.5h6M9.5 5L11 6.5M11 9.5H5M6.5 11L5 9.5",
  firewall: "M2.5 3h11v10h-11zM2.5 6.3h11M2.5 9.7h11M6 3v3.3M10 3v3.3M8 6.3v3.4M6 9.7V13M10 9.7V13",
  access_point: "M3 6.5a7 7 0 0 1 10 0M5 9a4.2 4.2 0 0 1 6 0M8 12h.1",
  jump_host: "M2.5 3h11v7h-11zM5.5 13.5h5M8 10v3.5M5.5 6.5h5M8.8 4.8l1.7 1.7-1.7 1.7",
  server: "M4 2.5h8v11H4zM6 5h4M6 7h4M8 11h.1",
  workstation: "M2.5 3h11v7.5h-11zM5.5 13.5h5M8 10.5v3",
  printer: "M4.5 6V2.5h7V6M2.5 6h11v5h-2M4.5 11h-2V6M4.5 9h7v4.5h-7z",
  camera: "M2.5 5h7.5v6H2.5zM10 7l3.5-1.5v5L10 9",
  phone: "M5 2.5h6v11H5zM7.5 11.5h1",
  mobile: "M5 2.5h6v11H5zM7.5 11.5h1",
  unknown: "M6 6.2a2 2 0 1 1 2.8 1.8c-.6.3-.8.7-.8 1.3M8 11.5h.1M8 2.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 0 1 0-11",
};

export function rolePath(role: string): string {
  return ROLE[role] ?? ROLE.unknown ?? "";
}

export function RoleIcon({ role }: { role: string }) {
  return (
    <svg className="icon role-icon" viewBox="0 0 16 16" role="img" aria-label={text.role[role] ?? role}>
      <path d={rolePath(role)} />
    </svg>
  );
}

const ICON = {
  overview: "M2.5 2.5h4.5v4.5H2.5zM9 2.5h4.5v4.5H9zM2.5 9h4.5v4.5H2.5zM9 9h4.5v4.5H9z",
  assets: "M2.5 4h11M2.5 8h11M2.5 12h11",
  map: "M3 3.5h3v2.5H3zM10 3.5h3v2.5h-3zM6.5 10h3v2.5h-3zM4.5 6v2h7V6M8 8v2",
  findings: "M8 2.5L14 13H2zM8 6.5v3M8 11.2h.1",
  vulnerabilities:
    "M8 5a3 3 0 0 1 3 3v2a3 3 0 0 1-6 0V8a3 3 0 0 1 3-3zM6.5 5L5 3M9.5 5L11 3M5 8H2.5M11 8h2.5M5 10.5L3 12M11 10.5l2 1.5",
  zones: "M2.5 2.5h6v6h-6zM10.5 6.5h3v7h-7v-3M8.5 5.5h2.5M5.5 8.5v3",
  conversations: "M2.5 5h9M9.5 3l2 2-2 2M13.5 11h-9M6.5 9l-2 2 2 2",
  access: "M6 10.5a3 3 0 1 1 2.2-1L13.5 9.5v2h-1.5v1.5M5.5 7.5h.1",
  records: "M2.5 3h5v10h-5zM8.5 3h5v10h-5zM4 6h2M4 8.5h2M10 6h2M10 8.5h2",
  sources: "M8 2.5v7M5 6.5l3 3 3-3M2.5 10.5v3h11v-3",
  search: "M7 2.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 0 1 0-9M10.3 10.3l3.2 3.2",
  close: "M4 4l8 8M12 4l-8 8",
  down: "M4 6.5l4 4 4-4",
  right: "M6.5 4l4 4-4 4",
  left: "M9.5 4l-4 4 4 4",
  plus: "M8 3.5v9M3.5 8h9",
  minus: "M3.5 8h9",
  fit: "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10",
  copy: "M5.5 5.5h7v8h-7zM10 5.5v-3H3.5v8h2",
  export: "M8 9.5v-7M5 5.5l3-3 3 3M2.5 10.5v3h11v-3",
  columns: "M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10",
} as const;

export type IconName = keyof typeof ICON;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={ICON[name]} />
    </svg>
  );
}
