// The search box: a query, and where the parser found fault with it.
import { useEffect, useRef, useState } from "preact/hooks";
import { Refusal } from "../client/request";

/** A fault in the query text, by characters. */
export interface Fault {
  start: number;
  end: number;
  message: string;
}

/** The fault that a refusal tells of; its places are bytes of UTF-8. */
export function faultOf(refusal: Refusal | undefined, query: string): Fault | undefined {
  const error = refusal?.errors.find((one) => "position" in one && one.parameter === "query");
  if (!error || !("position" in error)) return undefined;
  const bytes = new TextEncoder().encode(query);
  const text = (end: number) => new TextDecoder().decode(bytes.slice(0, end)).length;
  return { start: text(error.position.start), end: text(error.position.end), message: error.message };
}

export function QueryBox({ value, ask, fault }: { value: string; ask: (query: string) => void; fault: Fault | undefined }) {
  const [text, setText] = useState(value);
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => setText(value), [value]);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    ask(text.trim());
  };
  return (
    <form class="querybox" role="search" onSubmit={submit}>
      <input
        ref={box}
        class="field code"
        type="search"
        aria-label="Query"
        aria-invalid={fault !== undefined}
        aria-describedby={fault ? "fault" : undefined}
        placeholder="level:error service:checkout -environment:dev timeout"
        maxLength={4096}
        spellcheck={false}
        autocomplete="off"
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value);
          if (event.currentTarget.value === "" && value !== "") ask("");
        }}
      />
      <button type="submit" class="button">Search</button>
      {fault && (
        <p id="fault" class="fault" role="alert">
          <code>{value.slice(0, fault.start)}<mark>{value.slice(fault.start, fault.end) || "▲"}</mark>{value.slice(fault.end)}</code>
          <span>{fault.message}</span>
        </p>
      )}
    </form>
  );
}
