// A trend that is split by a field, as the layers of a chart.
import type { Trend } from "../client/schema";
import type { Series } from "./chart";

const LEVELS = ["critical", "error", "warning", "info", "debug"];

/** The answer as layers of bars: severities in their order and colours, others by their size. */
export function layers(trend: Trend, by: string): Series[] {
  const named = trend.groups.map((group, n) => {
    const name = String(group.key[by] ?? "");
    return { name, counts: group.counts, look: by === "level" ? `level-${name}` : `s${n % 5}` };
  });
  if (by === "level") named.sort((a, b) => LEVELS.indexOf(a.name) - LEVELS.indexOf(b.name));
  const rest = [["other", trend.other], ["without", trend.without]] as const;
  return [...named, ...rest.flatMap(([name, one]) => (one && one.count > 0 ? [{ name, counts: one.counts, look: "rest" }] : []))];
}
