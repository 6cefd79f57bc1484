import type { Fact } from "../api/types";

export interface Claim {
  attribute: string;
  /** The claim in use, then those that agree, then those that do not. */
  best: Fact;
  agreeing: Fact[];
  conflicting: Fact[];
}

const SINGLE = new Set([
  "vendor",
  "product",
  "order_number",
  "hardware",
  "firmware",
  "serial",
  "location",
  "os",
  "mode",
  "protection",
]);

/** Case, spaces and punctuation do not make two claims differ; one containing the other as a start is a shorter way to say it. */
function same(a: string, b: string): boolean {
  const plain = (s: string): string => s.toLowerCase().replaceAll(/[^\p{L}\p{N}.]/gu, "");
  const x = plain(a);
  const y = plain(b);
  return x === y || (Math.min(x.length, y.length) >= 4 && (x.startsWith(y) || y.startsWith(x)));
}

/** Facts by attribute in the order of the first appearance of an attribute. `used` names the values the asset shows. */
export function claims(facts: Fact[], used: Record<string, string | null | undefined>): Claim[] {
  const groups = new Map<string, Fact[]>();
  for (const fact of facts) {
    const group = groups.get(fact.attribute);
    if (group) group.push(fact);
    else groups.set(fact.attribute, [fact]);
  }
  return [...groups].map(([attribute, group]) => {
    const sorted = [...group].sort((a, b) => b.confidence - a.confidence);
    const wanted = used[attribute];
    const best = (wanted && sorted.find((f) => f.value === wanted)) || (sorted[0] as Fact);
    const others = sorted.filter((f) => f !== best);
    const agrees = (f: Fact): boolean => !SINGLE.has(attribute) || same(f.value, best.value);
    return { attribute, best, agreeing: others.filter(agrees), conflicting: others.filter((f) => !agrees(f)) };
  });
}

export type Certainty = "certain" | "likely" | "guess";

export function certainty(confidence: number): Certainty {
  return confidence >= 0.9 ? "certain" : confidence >= 0.6 ? "likely" : "guess";
}
