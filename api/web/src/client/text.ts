// Text of events, made safe to look at: what would be invisible, or would turn other text around, is shown by name.

/** C0 without tab and line feed, DEL, C1, bidi marks, embeddings and isolates, zero-width characters, BOM, tags. */
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2028\u2029\u2060-\u2069\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

/** Control characters by picture, the others by number. */
export function seen(text: string): string {
  return text.replace(/\r\n/g, "\n").replace(UNSEEN, (found) => {
    const code = found.codePointAt(0) ?? 0;
    if (code < 0x20) return String.fromCodePoint(0x2400 + code);
    return `⟨U+${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
  });
}

/** At most so many characters, never half of one; and how many are left out. */
export function cut(text: string, most: number): { text: string; left: number } {
  if (text.length <= most) return { text, left: 0 };
  const end = /[\ud800-\udbff]/.test(text[most - 1] ?? "") ? most - 1 : most;
  return { text: text.slice(0, end), left: text.length - end };
}

/** One line for a list: no breaks, no runs of blanks, short. */
export function line(text: string, most = 300): string {
  const { text: short, left } = cut(text.slice(0, most * 4), most);
  return seen(short.replace(/\s+/g, " ").trim()) + (left ? "…" : "");
}

/** The address of a link that may be followed: http and https only. Others are text. */
export function web(text: string): string | undefined {
  if (!/^https?:\/\//i.test(text) || text.length > 2_000 || /[\u0000-\u0020\u007f]/.test(text)) return undefined;
  try {
    const url = new URL(text);
    return url.protocol === "http:" || url.protocol === "https:" ? url.href : undefined;
  } catch {
    return undefined;
  }
}
