import { describe, expect, it } from "vitest";
import { cut, line, seen, web } from "./text";

describe("text of events", () => {
  it("shows what would be invisible or turn text around", () => {
    expect(seen("a\u0000b")).toBe("a␀b");
    expect(seen("\u001b[31mred")).toBe("␛[31mred");
    expect(seen("user\u202egpj.exe")).toBe("user⟨U+202E⟩gpj.exe");
    expect(seen("\u2066x\u2069 \u200bz \ufeff")).toBe("⟨U+2066⟩x⟨U+2069⟩ ⟨U+200B⟩z ⟨U+FEFF⟩");
    expect(seen("\u009b1m\u007f")).toBe("⟨U+009B⟩1m⟨U+007F⟩");
    expect(seen("\u{e0041}")).toBe("⟨U+E0041⟩");
  });

  it("leaves lines, tabs, emoji and all scripts as they are", () => {
    for (const text of ["a\tb\nc", "שלום", "مرحبا", "naïve 東京", "👩🚀"]) expect(seen(text)).toBe(text);
    expect(seen("a\r\nb\rc")).toBe("a\nb␍c");
  });

  it("cuts by length and never through a character", () => {
    expect(cut("abcdef", 4)).toEqual({ text: "abcd", left: 2 });
    expect(cut("abc", 3)).toEqual({ text: "abc", left: 0 });
    expect(cut("ab😀c", 3)).toEqual({ text: "ab", left: 3 });
  });

  it("makes one short line for lists", () => {
    expect(line("  two\n  lines  ")).toBe("two lines");
    expect(line("x".repeat(1_000_000), 10)).toBe(`${"x".repeat(10)}…`);
  });

  it("follows addresses of the web only", () => {
    expect(web("https://shop.example/a?b=1")).toBe("https://shop.example/a?b=1");
    for (const bad of ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", " https://x", "https://a b", "ftp://x", "//x", "http://", "https://x\u0000y", "vbscript:x"]) {
      expect(web(bad), bad).toBeUndefined();
    }
  });
});
