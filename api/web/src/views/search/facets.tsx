// The values of fields that the found events have, to narrow the query by: with, or without.
import { useState } from "preact/hooks";
import { useApi } from "../../client/resource";
import { count } from "../../client/format";
import { cut, line, seen } from "../../client/text";
import { condition, narrowed } from "../../parts/completion";
import { Shown } from "../../parts/states";
import { changed, param } from "../../router";

const FIELDS = ["level", "service", "environment", "release", "error.type", "category", "host", "transaction", "platform", "browser", "os"];
/** Those that are open at first. */
const OPEN = 4;

export function Facets({ asked }: { asked: Record<string, string | undefined> }) {
  const keys = useApi("/api/v1/fields/{field}/values", { field: "tags", ...asked, limit: 12 });
  const tags = (keys.data?.values ?? []).map((one) => `tags.${String(one.value)}`).filter((name) => /^tags\.[\w.-]+$/.test(name));
  return (
    <aside class="panel facets" aria-label="Narrow by value">
      {[...FIELDS, ...tags].map((field, n) => <Facet key={field} field={field} asked={asked} first={n < OPEN} />)}
    </aside>
  );
}

function Facet({ field, asked, first }: { field: string; asked: Record<string, string | undefined>; first: boolean }) {
  const wide = typeof matchMedia === "undefined" || matchMedia("(min-width: 901px)").matches;
  const [open, setOpen] = useState(first && wide);
  const values = useApi("/api/v1/fields/{field}/values", open ? { field, ...asked, limit: 6 } : null);
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{line(field.replace(/^tags\./, ""), 60)}</summary>
      {open && (
        <Shown of={values} lines={2}>
          {(data) => (
            <ul>
              {data.values.map((one) => <Value key={String(one.value)} field={field} value={typeof one.value === "string" ? one.value : JSON.stringify(one.value)} of={one.count} />)}
              {data.values.length === 0 && <li class="soft">none</li>}
            </ul>
          )}
        </Shown>
      )}
    </details>
  );
}

function Value({ field, value, of }: { field: string; value: string; of: number }) {
  const query = param("query");
  const one = condition(field, value);
  const name = line(value, 80) || "empty";
  return (
    <li>
      <a class="one-line" href={changed({ query: narrowed(query, one), cursor: undefined })} title={seen(cut(value, 300).text)}>{name}</a>
      <span class="number">{count(of)}</span>
      <a class="without" href={changed({ query: narrowed(query, `-${one}`), cursor: undefined })} title={`Without ${name}`} aria-label={`Without ${name}`}>−</a>
    </li>
  );
}
