// The last step of a build: the fonts' licence joins those of the scripts, and the marker that keeps web/dist in a fresh clone returns.
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";

const at = (path) => new URL(`../${path}`, import.meta.url);
for (const font of ["ibm-plex-sans", "ibm-plex-mono"])
  appendFileSync(
    at("dist/licenses.md"),
    `\n## @fontsource/${font}\n\n${readFileSync(at(`node_modules/@fontsource/${font}/LICENSE`), "utf8")}`,
  );
writeFileSync(at("dist/.gitkeep"), "");
