// The range of time: back from now, or between two times. It stands in the URL as the API takes it.
import { computed } from "@preact/signals";
import { changed, go, param, path } from "../router";

export const PRESETS = [
  ["-1h", "Last hour"],
  ["-6h", "Last 6 hours"],
  ["-24h", "Last 24 hours"],
  ["-7d", "Last 7 days"],
  ["-30d", "Last 30 days"],
  ["-90d", "Last 90 days"],
] as const;

export const USUAL = "-24h";

export interface Range {
  from: string;
  to?: string;
}

export const range = computed<Range>(() => {
  const to = param("to");
  return to ? { from: param("from") || USUAL, to } : { from: param("from") || USUAL };
});

/** Whether it ends now, so that new events come into it. */
export const runs = computed(() => range.value.to === undefined || range.value.to === "now");

export function setRange(next: Range): void {
  // On the page of an issue no range means all its time, so there the usual one is written down.
  const usual = next.from === USUAL && !next.to && !path.value.startsWith("/issues/");
  go(changed({ from: usual ? undefined : next.from, to: next.to, cursor: undefined }));
}

/** What a drag over a chart chose, in whole seconds. */
export function zoom(from: number, to: number): void {
  const whole = (time: number) => new Date(Math.floor(time / 1000) * 1000).toISOString().replace(".000Z", "Z");
  setRange({ from: whole(from), to: whole(Math.max(to, from + 1000)) });
}
