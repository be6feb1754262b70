// Frames in the order that people read: the place of the crash first, runs of library frames folded.
import type { Event, Frame, Stacktrace } from "../../client/schema";

export type Part = { frame: Frame; n: number } | { folded: Frame[]; n: number };

/** What is shown of a stack; `mine`: library frames are folded, unless there is nothing else. */
export function parts(frames: Frame[], mine: boolean): Part[] {
  const newest = frames.map((frame, n) => ({ frame, n })).reverse();
  if (!mine || !frames.some((frame) => frame.in_app)) return newest;
  const found: Part[] = [];
  for (const { frame, n } of newest) {
    const last = found[found.length - 1];
    if (frame.in_app) found.push({ frame, n });
    else if (last && "folded" in last) last.folded.push(frame);
    else found.push({ folded: [frame], n });
  }
  // A fold of one is no shorter than what it hides.
  return found.map((part) => ("folded" in part && part.folded.length === 1 && part.folded[0] ? { frame: part.folded[0], n: part.n } : part));
}

/** The frame that is open at first: the newest of the application, else the newest with code, else the newest. */
export function telling(frames: Frame[]): number {
  const own = frames.findLastIndex((frame) => frame.in_app && hasMore(frame));
  if (own >= 0) return own;
  const code = frames.findLastIndex(hasMore);
  return code >= 0 ? code : frames.length - 1;
}

/** Whether there is more to see than where it was. */
export function hasMore(frame: Frame): boolean {
  return Boolean(frame.context_line) || Object.keys(frame.vars ?? {}).length > 0;
}

/** The lines around a frame's own, with their numbers. */
export function lines(frame: Frame): { number: number | undefined; text: string; own: boolean }[] {
  const before = frame.pre_context ?? [];
  const number = (offset: number) => (frame.lineno ? frame.lineno + offset : undefined);
  return [
    ...before.map((text, n) => ({ number: number(n - before.length), text, own: false })),
    { number: number(0), text: frame.context_line ?? "", own: true },
    ...(frame.post_context ?? []).map((text, n) => ({ number: number(n + 1), text, own: false })),
  ];
}

/** Where a frame is: file, line, column. */
export function place(frame: Frame): string {
  const file = frame.filename ?? frame.abs_path ?? frame.module ?? frame.package ?? frame.instruction_addr ?? "";
  return [file, frame.lineno, frame.lineno ? frame.colno : undefined].filter((part) => part !== undefined && part !== null && part !== "").join(":");
}

export interface Raised {
  type: string;
  value: string;
  module: string;
  stack: Stacktrace | undefined;
  /** How it hangs together with the one above it. */
  cause: string;
  handled: boolean | undefined;
  mechanism: string;
}

/** The exceptions of an event, what was raised first, then its causes; events without any have their own stack. */
export function raised(event: Event): Raised[] {
  const all = (event.exceptions ?? []).map((exception) => ({
    type: exception.type ?? "",
    value: exception.value ?? "",
    module: exception.module ?? "",
    stack: exception.stacktrace ?? undefined,
    cause: exception.mechanism?.source ?? "",
    handled: exception.mechanism?.handled ?? undefined,
    mechanism: exception.mechanism?.type ?? "",
  }));
  if (all.length > 0) return all.reverse();
  const thread = event.threads?.find((one) => one.crashed && one.stacktrace) ?? event.threads?.find((one) => one.current && one.stacktrace);
  const stack = event.stacktrace ?? thread?.stacktrace ?? undefined;
  return stack ? [{ type: "", value: "", module: "", stack, cause: "", handled: undefined, mechanism: "" }] : [];
}
