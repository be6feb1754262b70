// Text of any length: what is seen at first is short, and the rest comes in pieces that no page chokes on.
import { useState } from "preact/hooks";
import { count } from "../client/format";
import { cut, seen, web } from "../client/text";

const PIECE = 40_000;

export function Long({ text, most = 2_000, code }: { text: string; most?: number; code?: boolean }) {
  const [length, setLength] = useState(most);
  const { text: short, left } = cut(text, length);
  const look = `text ${code ? "code" : ""}`;
  return (
    <>
      <span class={look}>{seen(short)}</span>
      {left > 0 && (
        <button type="button" class="link" onClick={() => setLength(length + PIECE)}>
          … {count(left)} more characters
        </button>
      )}
    </>
  );
}

/** A value of an event: text, a number, or structure as JSON. An address of the web can be followed, nothing else. */
export function Value({ of }: { of: unknown }) {
  if (of === null || of === undefined) return <span class="soft">null</span>;
  if (typeof of === "string") {
    const url = web(of);
    if (url !== undefined) return <a class="text code" href={url} target="_blank" rel="noreferrer noopener nofollow"><Long text={of} code /></a>;
    return of === "" ? <span class="soft">empty</span> : <Long text={of} code />;
  }
  return <Long text={typeof of === "object" ? JSON.stringify(of, null, 2) : String(of)} code />;
}

const SOME = 40;

/** Names and values, one under the other; long lists show more when asked. */
export function Pairs({ of }: { of: [string, unknown][] }) {
  const [most, setMost] = useState(SOME);
  return (
    <>
      <dl class="pairs">
        {of.slice(0, most).map(([name, value], n) => (
          <div key={n}>
            <dt class="code">{seen(cut(name, 200).text)}</dt>
            <dd><Value of={value} /></dd>
          </div>
        ))}
      </dl>
      {of.length > most && <button type="button" class="link" onClick={() => setMost(most + 200)}>{count(of.length - most)} more</button>}
    </>
  );
}
