// Screenshots of every page in both themes: node e2e/shots.mjs BASE_URL FOLDER [light|dark|both] [page...]
import { mkdirSync } from "node:fs";
import { launch } from "./browser.mjs";

const [base = "http://127.0.0.1:4173", folder = "shots", which = "both", ...only] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });

const browser = await launch();
const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, timezoneId: "Europe/Berlin" });
const page = await context.newPage();
page.on("console", (message) => message.type() === "error" && console.log("console:", message.text()));
page.on("pageerror", (error) => console.log("page error:", error.message));

const api = async (path) => (await context.request.get(`${base}/api/v1${path}`)).json();
const { items: assets } = await api("/assets?limit=100");
const { items: findings } = await api("/findings?limit=1&sort=severity&order=desc");
const asset = assets.find((a) => a.product && a.role === "plc") ?? assets[0];
const pages = {
  overview: "/",
  assets: "/assets",
  map: "/map",
  findings: "/findings",
  vulnerabilities: "/vulnerabilities",
  conversations: "/conversations",
  access: "/access",
  sources: "/sources",
};
if (asset) {
  Object.assign(pages, {
    "assets-drawer": `/assets?selected=${asset.id}`,
    asset: `/assets/${asset.id}`,
    "asset-conversations": `/assets/${asset.id}?tab=conversations`,
    "map-selected": `/map?selected=${asset.id}`,
  });
}
if (findings[0]) {
  const { finding } = await api(`/findings/${findings[0].id}`);
  const e = finding.evidence[0];
  Object.assign(pages, {
    finding: `/findings/${finding.id}`,
    "findings-group": "/findings?view=check",
    packet: `/packets/${e.capture_id}/${e.frame}?field=${e.field}${e.offset === undefined ? "" : `&offset=${e.offset}&length=${e.length}`}&from=/findings`,
  });
}
for (const theme of which === "both" ? ["light", "dark"] : [which]) {
  await page.emulateMedia({ colorScheme: theme });
  for (const [name, path] of Object.entries(pages)) {
    if (only.length && !only.includes(name)) continue;
    await page.goto(base + path, { waitUntil: "networkidle" });
    await page.waitForTimeout(150);
    await page.screenshot({ path: `${folder}/${name}-${theme}.png` });
  }
}
await browser.close();
