import { describe, expect, it } from "vitest";
import type { Event } from "../../client/schema";
import { EMPTY, KEPT, grown } from "./tail";

const events = (...ids: number[]) => ids.map((id) => ({ id: String(id) }) as Event);
const ids = (list: Event[]) => list.map((event) => Number(event.id));

describe("the live tail", () => {
  it("has the newest first", () => {
    const tail = grown(grown(EMPTY, events(1, 2), false), events(3), false);
    expect(ids(tail.shown)).toEqual([3, 2, 1]);
  });

  it("lets nothing move while it is held, and then shows what came", () => {
    const held = grown(grown(EMPTY, events(1), false), events(2, 3), true);
    expect([ids(held.shown), ids(held.waiting)]).toEqual([[1], [3, 2]]);
    const tail = grown(held, [], false);
    expect([ids(tail.shown), tail.waiting.length, tail.came]).toEqual([[3, 2, 1], 0, 3]);
  });

  it("is bounded", () => {
    const many = events(...Array.from({ length: KEPT * 3 }, (_, n) => n));
    expect(grown(EMPTY, many, false).shown).toHaveLength(KEPT);
    expect(grown(EMPTY, many, true).waiting).toHaveLength(KEPT);
    expect(ids(grown(EMPTY, many, false).shown)[0]).toBe(KEPT * 3 - 1);
  });
});
