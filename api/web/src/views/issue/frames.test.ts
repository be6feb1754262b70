import { describe, expect, it } from "vitest";
import type { Event, Frame } from "../../client/schema";
import { before } from "./breadcrumbs";
import { lines, parts, place, raised, telling } from "./frames";

const frame = (name: string, in_app: boolean, more: Partial<Frame> = {}): Frame => ({ function: name, in_app, ...more });

describe("frames", () => {
  it("are shown from the crash outwards, runs of libraries folded", () => {
    const frames = [frame("main", true), frame("lib1", false), frame("lib2", false), frame("own", true), frame("lib3", false)];
    const names = parts(frames, true).map((part) => ("frame" in part ? part.frame.function : part.folded.length));
    expect(names).toEqual(["lib3", "own", 2, "main"]);
    expect(parts(frames, false)).toHaveLength(5);
  });

  it("are all shown where none is the application's", () => {
    expect(parts([frame("a", false), frame("b", false)], true)).toHaveLength(2);
  });

  it("open at the newest one of the application that has code", () => {
    const code = { context_line: "x" };
    expect(telling([frame("a", true, code), frame("b", true), frame("c", false, code)])).toBe(0);
    expect(telling([frame("a", false, code), frame("b", false)])).toBe(0);
    expect(telling([frame("a", false), frame("b", false)])).toBe(1);
  });

  it("number their lines around their own", () => {
    const shown = lines({ lineno: 10, pre_context: ["a", "b"], context_line: "c", post_context: ["d"] });
    expect(shown.map((one) => [one.number, one.text, one.own])).toEqual([[8, "a", false], [9, "b", false], [10, "c", true], [11, "d", false]]);
    expect(lines({ context_line: "c" })[0]?.number).toBeUndefined();
  });

  it("say where they are with what is known", () => {
    expect(place({ filename: "a.js", lineno: 3, colno: 7 })).toBe("a.js:3:7");
    expect(place({ module: "a.b" })).toBe("a.b");
    expect(place({})).toBe("");
  });
});

describe("exceptions", () => {
  it("begin with what was raised, then its causes", () => {
    const event = { exceptions: [{ type: "Cause" }, { type: "Raised", mechanism: { handled: false } }] } as unknown as Event;
    expect(raised(event).map((one) => [one.type, one.handled])).toEqual([["Raised", false], ["Cause", undefined]]);
  });

  it("may be missing: then the stack of the event, or of the thread that crashed, is shown", () => {
    const stack = { frames: [frame("a", true)] };
    expect(raised({ stacktrace: stack } as unknown as Event)[0]?.stack).toBe(stack);
    expect(raised({ threads: [{ id: "1" }, { crashed: true, stacktrace: stack }] } as unknown as Event)[0]?.stack).toBe(stack);
    expect(raised({} as unknown as Event)).toEqual([]);
  });
});

describe("breadcrumbs", () => {
  it("tell how long before the error they were", () => {
    const error = "2026-11-24T12:00:00Z";
    expect(before("2026-11-24T11:59:58.750Z", error)).toBe("−1.25 s");
    expect(before("2026-11-24T11:56:55Z", error)).toBe("−3m 5s");
    expect(before("2026-11-24T12:00:01Z", error)).toBe("+1.00 s");
    expect(before("never", error)).toBe("");
  });
});
