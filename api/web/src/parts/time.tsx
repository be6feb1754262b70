// A time: how long ago or when, in the reader's zone; in UTC on hover. All of them move on together.
import { signal } from "@preact/signals";
import { ago, local, utc } from "../client/format";

export const now = signal(Date.now());

export function startClock(): void {
  setInterval(() => {
    if (!document.hidden) now.value = Date.now();
  }, 5_000);
}

export function Time({ at, whole }: { at: string | null | undefined; whole?: boolean }) {
  if (!at) return null;
  const both = `${local(at)} here\n${utc(at)}`;
  return <time dateTime={at} title={both}>{whole ? local(at) : ago(at, now.value)}</time>;
}
