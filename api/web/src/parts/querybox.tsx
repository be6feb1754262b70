// The search box: a query, and where the parser found fault with it.
import { useEffect, useRef, useState } from "preact/hooks";
import { Refusal } from "../client/request";
import { type Place, completed, placeAt } from "./completion";
import { Suggestions, useSuggestions } from "./suggestions";

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

interface Props {
  value: string;
  ask: (query: string) => void;
  fault: Fault | undefined;
}

export function QueryBox({ value, ask, fault }: Props) {
  const [text, setText] = useState(value);
  const [place, setPlace] = useState<Place | undefined>();
  const [active, setActive] = useState(-1);
  const box = useRef<HTMLInputElement>(null);
  const suggestions = useSuggestions(place);
  const open = place !== undefined && suggestions.length > 0;
  useEffect(() => setText(value), [value]);
  const look = () => {
    const { value: now, selectionStart } = box.current ?? { value: "", selectionStart: 0 };
    setActive(-1);
    setPlace(placeAt(now, selectionStart ?? now.length));
  };
  const choose = (choice: string) => {
    if (!place || !box.current) return;
    const next = completed(text, place, choice);
    setText(next.text);
    setActive(-1);
    box.current.value = next.text;
    box.current.setSelectionRange(next.caret, next.caret);
    setPlace(placeAt(next.text, next.caret));
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === "Escape") {
      // A browser would empty the box.
      event.preventDefault();
      if (open) event.stopPropagation();
      return setPlace(undefined);
    }
    if (!open) return;
    const chosen = suggestions[active];
    if (event.key === "ArrowDown") setActive((active + 1) % suggestions.length);
    else if (event.key === "ArrowUp") setActive(active <= 0 ? suggestions.length - 1 : active - 1);
    else if (chosen && (event.key === "Enter" || event.key === "Tab")) choose(chosen.value);
    else return;
    event.preventDefault();
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setPlace(undefined);
    ask(text.trim());
  };
  return (
    <form class="querybox" role="search" onSubmit={submit}>
      <div class="entry">
        <input
          ref={box}
          class="field code"
          type="search"
          role="combobox"
          list={undefined}
          aria-label="Query"
          aria-autocomplete="list"
          aria-expanded={open}
          aria-controls="suggestions"
          aria-activedescendant={open && active >= 0 ? `suggestion-${active}` : undefined}
          aria-invalid={fault !== undefined}
          aria-describedby={fault ? "fault" : undefined}
          placeholder="level:error service:checkout -environment:dev timeout"
          maxLength={4096}
          spellcheck={false}
          autocomplete="off"
          value={text}
          onKeyDown={press}
          onFocus={look}
          onClick={look}
          onBlur={() => setPlace(undefined)}
          onInput={(event) => {
            setText(event.currentTarget.value);
            look();
            if (event.currentTarget.value === "" && value !== "") ask("");
          }}
        />
        {open && <Suggestions of={suggestions} active={active} choose={choose} />}
      </div>
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
