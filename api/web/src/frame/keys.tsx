// The keyboard: what every view has, and the list of it all.
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { go, link } from "../router";
import { VIEWS } from "./bar";

export const helpShown = signal(false);

/** What the view at hand does with single keys. */
const own = new Map<string, () => void>();

/** While the calling view is shown, its keys do this. */
export function useOwnKeys(keys: Record<string, () => void>): void {
  useEffect(() => {
    for (const [key, act] of Object.entries(keys)) own.set(key, act);
    return () => {
      for (const [key, act] of Object.entries(keys)) if (own.get(key) === act) own.delete(key);
    };
  });
}

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

export function useKeys(): void {
  const before = useRef(0);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key === "Escape") {
        helpShown.value = false;
        if (typing(event.target)) (event.target as HTMLElement).blur();
        return;
      }
      if (event.metaKey || event.ctrlKey || event.altKey || typing(event.target)) return;
      const leading = event.timeStamp - before.current < 1_200;
      before.current = 0;
      if (leading) {
        const to = VIEWS.find((view) => view.key === event.key);
        if (to) return go(link(to.path));
      }
      if (event.key === "g") before.current = event.timeStamp;
      else if (event.key === "?") helpShown.value = !helpShown.value;
      else if (event.key === "/") {
        const box = document.querySelector<HTMLInputElement>("input[type=search]");
        box?.focus();
        box?.select();
        if (box) event.preventDefault();
      } else own.get(event.key)?.();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
}

const LIST = [
  ["/", "Write a query"],
  ["j  k", "Next and previous of the list, or event of the issue"],
  ["Enter", "Open it"],
  ["g  o", "Overview"],
  ["g  i", "Issues"],
  ["g  s", "Search"],
  ["g  l", "Live"],
  ["g  p", "Projects"],
  ["?", "This list"],
  ["Esc", "Leave a field, close this"],
] as const;

export function Help() {
  const close = useRef<HTMLButtonElement>(null);
  useEffect(() => close.current?.focus(), [helpShown.value]);
  if (!helpShown.value) return null;
  const hide = () => (helpShown.value = false);
  return (
    <div class="dialog" onClick={(event) => event.target === event.currentTarget && hide()}>
      <section role="dialog" aria-modal="true" aria-labelledby="keys">
        <h2 id="keys">Keyboard</h2>
        <dl>
          {LIST.map(([keys, does]) => (
            <>
              <dt>{keys.split("  ").map((key) => <><kbd>{key}</kbd>{" "}</>)}</dt>
              <dd>{does}</dd>
            </>
          ))}
        </dl>
        <button type="button" class="button" ref={close} onClick={hide}>Close</button>
      </section>
    </div>
  );
}
