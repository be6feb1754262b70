import { describe, expect, it } from "vitest";
import { ago, count, length, percent, utc } from "./format";

describe("numbers", () => {
  it("are whole while they are short, then rounded", () => {
    const cases: [number, string][] = [[0, "0"], [999, "999"], [9_999, "9,999"], [10_000, "10k"], [12_345, "12.3k"], [99_960, "100k"], [999_499, "999k"], [999_600, "1M"], [4_520_000, "4.5M"], [1_000_000_000, "1G"]];
    for (const [n, text] of cases) expect(count(n), String(n)).toBe(text);
  });

  it("never round a share to nothing or to all", () => {
    expect([0, 0.004, 0.5, 0.996, 1].map(percent)).toEqual(["0%", "<1%", "50%", ">99%", "100%"]);
  });
});

describe("times", () => {
  const now = Date.parse("2026-11-24T12:00:00Z");
  it("are told by their greatest unit", () => {
    const cases: [string, string][] = [
      ["2026-11-24T11:59:58Z", "now"],
      ["2026-11-24T11:59:18Z", "42s"],
      ["2026-11-24T11:01:00Z", "59m"],
      ["2026-11-23T12:00:01Z", "23h"],
      ["2026-11-10T12:00:00Z", "14d"],
      ["2024-11-24T12:00:00Z", "2y"],
      ["2026-11-24T12:10:00Z", "in 10m"],
    ];
    for (const [time, text] of cases) expect(ago(time, now), time).toBe(text);
  });

  it("that are none stay as they are", () => {
    expect(ago("yesterday", now)).toBe("");
    expect(utc("yesterday")).toBe("yesterday");
    expect(utc("2026-11-24T12:00:00.123Z")).toBe("2026-11-24 12:00:00 UTC");
    expect(length(0)).toBe("0s");
  });
});
