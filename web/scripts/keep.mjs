// The server embeds web/dist; the folder must exist in a fresh clone, so the marker is put back after each build.
import { writeFileSync } from "node:fs";

writeFileSync(new URL("../dist/.gitkeep", import.meta.url), "");
