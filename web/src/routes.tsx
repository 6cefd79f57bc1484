import { type ComponentType, lazy } from "react";
import { text } from "./text";
import type { IconName } from "./ui/icons";

/** The whole site: a page is a file in pages/ and a line here. */
export interface RouteEntry {
  path: string;
  page: ComponentType;
}

export const routes: RouteEntry[] = [
  { path: "/", page: lazy(() => import("./pages/overview")) },
  { path: "/assets", page: lazy(() => import("./pages/assets")) },
  { path: "/assets/:id", page: lazy(() => import("./pages/asset")) },
  { path: "/map", page: lazy(() => import("./pages/map")) },
  { path: "/zones", page: lazy(() => import("./pages/zones")) },
  { path: "/findings", page: lazy(() => import("./pages/findings")) },
  { path: "/findings/:id", page: lazy(() => import("./pages/finding")) },
  { path: "/packets/:capture/:frame", page: lazy(() => import("./pages/packet")) },
  { path: "/vulnerabilities", page: lazy(() => import("./pages/vulnerabilities")) },
  { path: "/conversations", page: lazy(() => import("./pages/conversations")) },
  { path: "/access", page: lazy(() => import("./pages/access")) },
  { path: "/records", page: lazy(() => import("./pages/records")) },
  { path: "/sources", page: lazy(() => import("./pages/sources")) },
];

export const navigation: { path: string; label: string; icon: IconName }[] = [
  { path: "/", label: text.nav.overview, icon: "overview" },
  { path: "/assets", label: text.nav.assets, icon: "assets" },
  { path: "/map", label: text.nav.map, icon: "map" },
  { path: "/zones", label: text.nav.zones, icon: "zones" },
  { path: "/conversations", label: text.nav.conversations, icon: "conversations" },
  { path: "/findings", label: text.nav.findings, icon: "findings" },
  { path: "/vulnerabilities", label: text.nav.vulnerabilities, icon: "vulnerabilities" },
  { path: "/access", label: text.nav.access, icon: "access" },
  { path: "/records", label: text.nav.records, icon: "records" },
  { path: "/sources", label: text.nav.sources, icon: "sources" },
];
