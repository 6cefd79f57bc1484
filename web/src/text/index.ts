import { en, type Text } from "./en";

/** Add a language: a file of the shape `Text`, and a line here. */
const languages: Record<string, Text> = { en };

function choose(): Text {
  for (const wanted of typeof navigator === "undefined" ? [] : navigator.languages) {
    const found = languages[wanted.split("-")[0] ?? ""];
    if (found) return found;
  }
  return en;
}

export const text: Text = choose();
