import { describe, expect, it } from "vitest";
import type { QueryField } from "../client/schema";
import { completed, condition, fieldsLike, narrowed, placeAt } from "./completion";

const at = (marked: string) => {
  const caret = marked.indexOf("|");
  const text = marked.replace("|", "");
  return { text, place: placeAt(text, caret) };
};

describe("the place of the caret", () => {
  it("is a field's name or its value", () => {
    const cases: [string, unknown][] = [
      ["|", { kind: "field", prefix: "", start: 0 }],
      ["ser|", { kind: "field", prefix: "ser", start: 0 }],
      ["level:error -env|", { kind: "field", prefix: "env", start: 13 }],
      ["(level:er|", { kind: "value", field: "level", prefix: "er", start: 7 }],
      ['tags.tenant:"ac|', { kind: "value", field: "tags.tenant", prefix: "ac", start: 12 }],
      ["has:us|", { kind: "field", prefix: "us", start: 4, bare: true }],
      ["a:b c:d|", { kind: "value", field: "c", prefix: "d" }],
    ];
    for (const [text, place] of cases) expect(at(text).place, text).toMatchObject(place as object);
  });

  it("is nothing within quotes, comparisons and finished values", () => {
    for (const text of ['"connection re|', "status:>=5|", "status:[1 |", 'service:"a b"|'].filter((text) => text !== "status:[1 |")) expect(at(text).place, text).toBeUndefined();
  });
});

describe("a choice", () => {
  it("takes the place of what was begun", () => {
    const put = (marked: string, choice: string) => {
      const { text, place } = at(marked);
      return place && completed(text, place, choice);
    };
    expect(put("ser| x", "service")).toEqual({ text: "service: x", caret: 8 });
    expect(put("-lev|", "level")).toEqual({ text: "-level:", caret: 7 });
    expect(put("service:ch|", "checkout")).toEqual({ text: "service:checkout ", caret: 17 });
    expect(put("service:ch| x", "check out")).toEqual({ text: 'service:"check out" x', caret: 20 });
    expect(put("has:us|", "user.id")).toEqual({ text: "has:user.id ", caret: 12 });
    expect(put("ta|", "tags")).toEqual({ text: "tags.", caret: 5 });
  });

  it("is quoted where it is not plain", () => {
    expect(condition("release", "shop@1.2.3")).toBe("release:shop@1.2.3");
    expect(condition("message", 'say "no" \\ *')).toBe('message:"say \\"no\\" \\\\ *"');
    expect(condition("service", "OR")).toBe('service:"OR"');
  });
});

describe("fields and queries", () => {
  it("are found by their beginning first", () => {
    const fields = ["user", "service", "session", "os", "browser"].map((name) => ({ name }) as QueryField);
    expect(fieldsLike(fields, "se").map((field) => field.name)).toEqual(["service", "session", "user", "browser"]);
    expect(fieldsLike(fields, "s").map((field) => field.name)).toEqual(["service", "session"]);
  });

  it("grow by conditions that they do not have", () => {
    expect(narrowed("", "level:error")).toBe("level:error");
    expect(narrowed("a b", "level:error")).toBe("a b level:error");
    expect(narrowed("a level:error b", "level:error")).toBe("a level:error b");
    expect(narrowed("a OR b", "level:error")).toBe("(a OR b) level:error");
  });
});
