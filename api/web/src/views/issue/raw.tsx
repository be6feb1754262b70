// The event as the API tells it.
import { useState } from "preact/hooks";
import { address } from "../../client/request";
import type { EventDetail } from "../../client/schema";
import { Long } from "../../parts/long";

export function Raw({ event }: { event: EventDetail }) {
  const [open, setOpen] = useState(false);
  const [copied, setCopied] = useState("");
  const text = open ? JSON.stringify(event, null, 2) : "";
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied("Copied");
    } catch {
      setCopied("The browser did not allow it");
    }
  };
  return (
    <section class="panel">
      <details onToggle={(toggled) => setOpen(toggled.currentTarget.open)}>
        <summary class="panel-title"><h2>Raw JSON</h2></summary>
        {open && (
          <div class="rawjson">
            <p>
              <button type="button" class="button" onClick={() => void copy()}>Copy</button>{" "}
              <a class="button" href={address("/api/v1/events/{id}", { id: event.id, project: event.project })} target="_blank" rel="noopener">Open</a>{" "}
              <span class="soft" role="status">{copied}</span>
            </p>
            <pre tabIndex={0} aria-label="The event as JSON"><Long text={text} most={20_000} code /></pre>
          </div>
        )}
      </details>
    </section>
  );
}
