// What can stand at the caret of a query: the name of a field, or one of its values. Pure; the box asks for the values.
import type { QueryField } from "../client/schema";

export interface Place {
  kind: "field" | "value";
  /** Whose values, for `value`. */
  field: string;
  prefix: string;
  /** What of the text is replaced. */
  start: number;
  end: number;
  /** The name stands behind `has:`, and nothing is asked of it. */
  bare: boolean;
}

/** Where the word under the caret begins: behind the last blank or parenthesis that is not in quotes. */
function begins(text: string, caret: number): { start: number; quoted: boolean } {
  let start = 0;
  let quoted = false;
  for (let n = 0; n < caret; n += 1) {
    const letter = text[n] ?? "";
    if (letter === "\\") n += 1;
    else if (letter === '"') quoted = !quoted;
    else if (!quoted && /[\s()]/.test(letter)) start = n + 1;
  }
  return { start, quoted };
}

export function placeAt(text: string, caret: number): Place | undefined {
  const { start, quoted } = begins(text, caret);
  const negated = text[start] === "-" ? 1 : 0;
  const word = text.slice(start + negated, caret);
  const colon = word.indexOf(":");
  const from = start + negated;
  if (colon < 0) return quoted ? undefined : { kind: "field", field: "", prefix: word, start: from, end: caret, bare: false };
  const field = word.slice(0, colon);
  const value = word.slice(colon + 1);
  const at = from + colon + 1;
  if (field === "has") return { kind: "field", field: "", prefix: value, start: at, end: caret, bare: true };
  if (/^[<>[]/.test(value) || field.includes('"')) return undefined;
  const closed = value.startsWith('"') && !quoted;
  return closed ? undefined : { kind: "value", field, prefix: value.replace(/^"/, ""), start: at, end: caret, bare: false };
}

/** A value as it is written in a query. */
export function written(value: string): string {
  return /^[\w./@+-]+$/.test(value) && !/^(AND|OR|NOT)$/.test(value) ? value : `"${value.replace(/[\\"]/g, "\\$&")}"`;
}

/** One field with exactly this value. */
export function condition(field: string, value: string): string {
  return `${field}:${written(value)}`;
}

/** The query with one condition more; nothing changes if it has it already. */
export function narrowed(query: string, more: string): string {
  return ` ${query} `.includes(` ${more} `) ? query : [query.includes(" OR ") ? `(${query})` : query, more].filter(Boolean).join(" ");
}

/** Fields whose name begins so, then those that have it somewhere. */
export function fieldsLike(fields: QueryField[], prefix: string): QueryField[] {
  const small = prefix.toLowerCase();
  const first = fields.filter((field) => field.name.startsWith(small));
  return [...first, ...fields.filter((field) => small.length > 1 && !first.includes(field) && field.name.includes(small))];
}

/** The text with a choice in its place, and where the caret goes. */
export function completed(text: string, place: Place, choice: string): { text: string; caret: number } {
  const put = place.kind === "value" ? `${written(choice)} ` : place.bare ? `${choice} ` : choice === "tags" ? "tags." : `${choice}:`;
  return { text: text.slice(0, place.start) + put + text.slice(place.end).replace(/^ /, put.endsWith(" ") ? "" : " "), caret: place.start + put.length };
}
