// The way of a person through the product, against a running server:
//   BASE_URL=http://127.0.0.1:8477 [SHOTS=folder] [CAPTURE=file.pcap] npm run e2e
// Overview, assets, an asset, a finding, its packet with marked bytes, the map, an upload. On every page, in both themes: no error
// on the console, no serious finding of axe. Needs a server that has read a capture with at least one finding.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { launch } from "./browser.mjs";

const base = process.env.BASE_URL ?? "http://127.0.0.1:8477";
const shots = process.env.SHOTS;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
if (shots) mkdirSync(shots, { recursive: true });

const browser = await launch();
const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, timezoneId: "Europe/Berlin" });
const page = await context.newPage();
page.setDefaultTimeout(15_000);
const errors = [];
page.on("console", (message) => {
  if (message.type() === "error") errors.push(`${page.url()}: ${message.text()}`);
});
page.on("pageerror", (error) => errors.push(`${page.url()}: ${error.message}`));
page.on("request", (request) => {
  if (!request.url().startsWith(base) && !request.url().startsWith("blob:"))
    errors.push(`leaves the machine: ${request.url()}`);
});

const step = (name) => console.log(`· ${name}`);
const settled = async () => {
  await page.waitForLoadState("networkidle");
  await page.waitForFunction(() => !document.querySelector(".state.loading"));
};
const go = async (path) => {
  await page.goto(base + path);
  await settled();
};

/** Looks at the page as it is, in both themes. */
async function look(name) {
  for (const theme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme: theme });
    await settled();
    if (shots) await page.screenshot({ path: `${shots}/${name}-${theme}.png` });
    const serious = await page
      .evaluate(async (source) => {
        // Run through the debugger, past the content security policy that keeps other scripts out.
        if (!window.axe) new Function(source)();
        const result = await window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"] });
        if (!result.passes.length) return ["axe found nothing to check"];
        return result.violations
          .filter((v) => v.impact === "serious" || v.impact === "critical")
          .map(
            (v) =>
              `${v.id}: ${v.nodes
                .slice(0, 3)
                .map((n) => `${n.target} ${n.any[0]?.message ?? ""}`)
                .join(" | ")}`,
          );
      }, axe)
      .catch((error) => [`axe did not run: ${error.message}`]);
    for (const line of serious) errors.push(`${name} (${theme}): ${line}`);
  }
  await page.emulateMedia({ colorScheme: "light" });
}

/** Every column that can be sorted is, both ways: the server must know each by name. */
async function sortAll() {
  const count = await page.locator("table.data th button").count();
  for (let i = 0; i < count; i++)
    for (let turn = 0; turn < 2; turn++) {
      await page.locator("table.data th button").nth(i).click();
      await settled();
      assert.equal(await page.locator("[role=alert]").count(), 0, `sorting by column ${i} failed`);
    }
}

try {
  step("overview");
  await go("/");
  await page.getByRole("heading", { name: "Do next" }).waitFor();
  await look("overview");

  step("assets");
  await page.getByRole("link", { name: "Assets", exact: true }).click();
  await page.locator("table.data tbody tr[data-row='0']").waitFor();
  await look("assets");
  await sortAll();
  await go("/assets");
  await page.locator("table.data tbody tr[data-row='0']").focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Space");
  await page.locator(".drawer dl").first().waitFor();
  await look("assets-drawer");
  await page.keyboard.press("Escape");
  assert.equal(await page.locator(".drawer").count(), 0, "Escape closes the drawer");

  step("search");
  const first = await (await context.request.get(`${base}/api/v1/assets?limit=1`)).json();
  const name = first.items[0].name;
  await page.keyboard.press("/");
  await page.locator("dialog.palette input").fill(name);
  await page.locator(".hit .asset-name").first().waitFor();
  await look("search");
  await page.keyboard.press("Escape");

  step("findings");
  await page.getByRole("link", { name: /^Findings/ }).click();
  await page.locator("table.data tbody tr[data-row='0']").waitFor();
  await look("findings");
  await sortAll();
  await go("/findings?view=check");
  await page.locator(".group").first().waitFor();
  await look("findings-by-check");
  await go("/findings");

  step("an asset of the first finding");
  await page.locator("table.data tbody tr[data-row='0'] a").first().click();
  await page.locator(".asset-head h1").waitFor();
  await look("asset");
  await page.getByRole("button", { name: /^Conversations/ }).click();
  await page.locator(".conversation-line button, .pad").first().click();
  await look("asset-conversations");
  await page.getByRole("button", { name: /^Findings/ }).click();

  step("its finding");
  await page.locator(".asset-page table.plain a").first().click();
  await page.getByRole("heading", { name: "What to do" }).waitFor();
  await look("finding");

  step("the packet behind it");
  const finding = page.url();
  // A value put together from several frames has no bytes to mark: take a witness that has.
  const marked = page.locator("a.evidence[href*='offset=']");
  await ((await marked.count()) ? marked.first() : page.locator("a.evidence").first()).click();
  await page.locator(".hex .byte").first().waitFor();
  const wanted = Number(new URL(page.url()).searchParams.get("length") ?? 0);
  const shown = await page.locator(".hex .byte.marked").count();
  if (wanted) assert.equal(shown, wanted, "as many bytes are marked as the evidence says");
  await look("packet");
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByText("Download as pcap").click()]);
  assert.match(download.suggestedFilename(), /\.pcap$/);
  await page.getByRole("link", { name: /Back/ }).click();
  assert.equal(page.url(), finding, "the packet leads back to its finding");

  step("the map");
  await page.getByRole("link", { name: "Map", exact: true }).click();
  await page.locator("svg.map .node").first().waitFor();
  await look("map");
  await page.locator("svg.map .node").first().click();
  await page.locator(".drawer").waitFor();
  await look("map-drawer");
  for (const kind of ["SVG", "PNG"]) {
    await page.locator(".tools .popover summary").click();
    const [file] = await Promise.all([page.waitForEvent("download"), page.getByText(`Save as ${kind}`).click()]);
    assert.equal(file.suggestedFilename(), `map.${kind.toLowerCase()}`);
    if (shots) await file.saveAs(`${shots}/${file.suggestedFilename()}`);
    await page.locator(".tools .popover summary").click();
  }

  step("the other lists");
  for (const path of ["/vulnerabilities?status=", "/vulnerabilities?status=&view=asset", "/conversations", "/access"]) {
    await go(path);
    await look(path.slice(1).replace(/\W+/g, "-"));
    await sortAll();
  }

  step("zones, conduits, verdicts");
  await go("/zones");
  await page.getByText("proposed").first().waitFor();
  await look("zones");
  await page.getByRole("button", { name: "Adopt all proposals" }).click();
  await page.locator("dialog.ask input").first().fill("E. Ngineer");
  await look("zones-adopt");
  await page.locator("dialog.ask button[type=submit]").click();
  await page.locator("dialog.ask").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Remove", exact: true }).first().waitFor();
  await page.getByRole("button", { name: /^Conduits/ }).click();
  await look("zones-conduits");
  await page.getByRole("button", { name: "Flows", exact: true }).click();
  await page.locator("table.data tbody tr[data-row='0']").waitFor();
  await sortAll();
  await go("/zones?tab=flows");
  await page.locator("table.data tbody tr[data-row='0']").focus();
  await page.keyboard.press("Space");
  await page.locator(".drawer").getByText("Forbid", { exact: true }).click();
  await look("zones-flow");
  await page.locator(".drawer button[type=submit]").first().click();
  await page.locator(".drawer .verdict-forbidden").waitFor();
  await page.getByRole("button", { name: "Decisions" }).click();
  await page.getByRole("button", { name: "Undo" }).first().click();
  await page.locator("dialog.ask button[type=submit]").click();
  await page.locator("tr.undone").waitFor();
  await look("zones-decisions");

  for (const tab of ["coverage", "rules"]) {
    await go(`/zones?tab=${tab}`);
    await look(`zones-${tab}`);
  }

  step("a view that is kept");
  await go("/assets?role=plc");
  await page.getByText("Views", { exact: true }).click();
  await page.getByLabel("Keep this view as").fill("Controllers");
  await page.locator(".views .decide input").first().fill("E. Ngineer");
  await look("assets-views");
  await page.locator(".views button[type=submit]").click();
  await page.locator(".views").getByRole("button", { name: "Controllers", exact: true }).waitFor();
  await go("/assets");
  await page.getByText("Views", { exact: true }).click();
  await page.locator(".views").getByRole("button", { name: "Controllers", exact: true }).click();
  await page.waitForURL(/role=plc/);

  step("what to do about a vulnerability");
  await go("/vulnerabilities");
  await page.locator("table.data tbody tr[data-row='0']").focus();
  await page.keyboard.press("Space");
  await page.locator(".drawer .stand").waitFor();
  await look("vulnerability-drawer");
  await page.locator(".drawer input[type=date]").fill("2040-01-01");
  await page.locator(".drawer .decide input").first().fill("E. Ngineer");
  await page.locator(".drawer .decide input").nth(1).fill("the next outage is in spring");
  await page.locator(".drawer button[type=submit]").first().click();
  await page.locator(".drawer .decision.accepted").waitFor();
  await look("vulnerability-accepted");
  await page.locator(".drawer").getByRole("button", { name: "Take back" }).click();
  await page.locator(".drawer .decision.accepted").waitFor({ state: "detached" });

  step("a list of assets");
  await go("/records");
  await page.getByRole("heading", { name: "No list of assets yet" }).waitFor();
  const controllers = await (await context.request.get(`${base}/api/v1/assets?role=plc&limit=2`)).json();
  const line = (a, owner) => `${a.name};${a.ips[0] ?? ""};${a.macs[0] ?? ""};${owner}\n`;
  const list = `Name;IP address;MAC address;Owner\n${controllers.items.map((a) => line(a, "Maintenance")).join("")}Ghost;10.99.0.1;;\n`;
  const listed = await context.request.post(`${base}/api/v1/captures?name=plant.csv`, { data: list });
  assert.equal(listed.status(), 202);
  for (let i = 0; i < 100; i++) {
    const both = await (await context.request.get(`${base}/api/v1/reconciliation`)).json();
    if (both) break;
    await new Promise((done) => setTimeout(done, 100));
  }
  await go("/records");
  await look("records");
  await page.getByRole("button", { name: /^Take over/ }).click();
  await page.locator("dialog.ask button[type=submit]").click();
  await page.locator("dialog.ask").waitFor({ state: "detached" });
  await page.getByRole("button", { name: /^Never seen/ }).click();
  await page.getByText("Ghost").waitFor();
  await look("records-never-seen");

  step("what people know of a device");
  await go(`/assets/${first.items[0].id}?tab=knowledge`);
  await page.getByLabel("Name", { exact: true }).fill("Boiler house");
  await page.getByLabel("Criticality").selectOption("critical");
  await page.getByLabel("Why").first().fill("the works manager says so");
  await look("asset-knowledge");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { name: "Boiler house" }).waitFor();
  await page.getByLabel("Address or name of the other asset").fill("192.168.");
  await page.locator("input[name=merge]").first().check();
  await page.getByRole("button", { name: "Join" }).click();
  await page
    .locator(".decisions")
    .getByText(/are one device/)
    .waitFor();
  await page.locator(".decisions").getByRole("button", { name: "Undo" }).first().click();
  await page.locator("dialog.ask button[type=submit]").click();
  await page.locator(".decisions tr.undone").waitFor();

  step("upload");
  await go("/sources");
  await look("sources");
  await page.getByRole("cell", { name: "Modbus/TCP", exact: true }).waitFor();
  const before = await page.locator(".section").first().locator("tbody tr").count();
  const file = process.env.CAPTURE ?? {
    name: "nothing.pcap",
    mimeType: "application/octet-stream",
    buffer: Buffer.from("d4c3b2a1020004000000000000000000ffff000001000000", "hex"),
  };
  await page.locator("input[type=file]").first().setInputFiles(file);
  await page.locator(".upload.done, .upload.failed").waitFor({ timeout: 60_000 });
  await look("sources-uploaded");
  assert.equal(await page.locator(".upload.failed").count(), 0, await page.locator(".upload").textContent());
  await page.waitForFunction((n) => document.querySelectorAll(".section tbody tr").length > n, before);

  step("accounts: granted against used");
  await go("/access");
  await page.getByRole("button", { name: "Sign-ins", exact: true }).click();
  await look("access-sign-ins");
  await go("/access");
  await page
    .locator("input[type=file]")
    .first()
    .setInputFiles({
      name: "rights.csv",
      mimeType: "text/csv",
      buffer: Buffer.from(
        "User,Full name,Right,Assets\nservice,Plant service,view,any\nnobody.here,N. Body,engineer,role:plc\n",
      ),
    });
  const nobody = page.getByText("nobody.here").first();
  for (let tries = 0; !(await nobody.isVisible()) && tries < 40; tries += 1) {
    await page.waitForTimeout(500);
    await go("/access");
  }
  await look("access-accounts");
  await nobody.click();
  await page.locator(".drawer").getByText("engineer").first().waitFor();
  await look("access-account");
  await page.locator(".drawer a[href^='/assets/']").first().click();
  await settled();
  await page
    .getByRole("button", { name: /^Sign-ins|^Accounts|accounts/i })
    .first()
    .click();
  await page.getByText("nobody.here").first().waitFor();
  await look("asset-access");

  step("what is not there");
  const known = errors.length;
  await go("/assets/no-such-asset");
  await page.getByRole("heading", { name: "There is nothing under this address" }).waitFor();
  // The browser itself reports the 404 that this step asks for.
  errors.splice(known);
} catch (error) {
  if (shots) await page.screenshot({ path: `${shots}/failed.png` }).catch(() => {});
  errors.push(`${page.url()}: ${error.stack}`);
}
await browser.close();
if (errors.length) {
  console.error(`\n${[...new Set(errors)].join("\n")}`);
  process.exit(1);
}
console.log("all well");
