import react from "@vitejs/plugin-react";
import type { ProxyOptions } from "vite";
import { defineConfig } from "vitest/config";
import { mockServer } from "./mock/plugin.ts";

/**
 * `npm run dev` talks to a running `sightglass serve` (SIGHTGLASS_URL, default http://127.0.0.1:8477).
 * With MOCK=plant, empty, large or huge the pages are served with made-up data instead; the mock never reaches the build.
 */
const mock = process.env.MOCK;
const target = process.env.SIGHTGLASS_URL ?? "http://127.0.0.1:8477";
// The server takes changes from its own pages only and knows them by the host: the proxy must not rewrite it.
const proxy: Record<string, ProxyOptions> = mock ? {} : { "/api": { target, changeOrigin: false } };

export default defineConfig({
  plugins: [react(), ...(mock ? [mockServer(mock)] : [])],
  build: {
    target: "es2022",
    // The content security policy allows neither data: fonts nor inline scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The licences of everything that is in the bundle travel with it.
    license: { fileName: "licenses.md" },
    emptyOutDir: true,
  },
  server: { proxy },
  preview: { proxy },
  test: { include: ["test/**/*.test.ts", "test/**/*.test.tsx"], environment: "node" },
});
