import { describe, expect, it } from "vitest";
import { Refusal } from "../client/request";
import { change } from "../views/issues/row";
import { scale } from "./chart";
import { faultOf } from "./querybox";

describe("an axis", () => {
  it("ends at a round number that holds everything", () => {
    expect([0, 1, 2, 3, 7, 11, 23, 60, 101, 4_999].map(scale)).toEqual([1, 1, 2, 5, 10, 20, 25, 100, 200, 5_000]);
  });
});

describe("a change", () => {
  it("is told when it is great and stands on enough events", () => {
    expect(change(30, 10)).toBe("×3.0");
    expect(change(300, 10)).toBe("×30");
    expect(change(12, 48)).toBe("−75%");
    expect(change(11, 10)).toBeUndefined();
    expect(change(5, 1)).toBeUndefined();
    expect(change(50, 0)).toBeUndefined();
  });
});

describe("a fault of a query", () => {
  it("is shown at its characters, though the API counts bytes", () => {
    const errors = [{ parameter: "query", message: "no", expected: "", position: { start: 4, end: 6, column: 3 } }];
    expect(faultOf(new Refusal(400, "invalid_query", "", undefined, errors), "ä:x yz")).toEqual({ start: 3, end: 5, message: "no" });
    expect(faultOf(new Refusal(400, "invalid_parameter", ""), "x")).toBeUndefined();
    expect(faultOf(undefined, "x")).toBeUndefined();
  });
});
