// The list below the query box: fields by name, values by how often they come.
import { useEffect, useState } from "preact/hooks";
import { useApi } from "../client/resource";
import { count } from "../client/format";
import { cut, seen } from "../client/text";
import { range } from "../frame/range";
import { param } from "../router";
import { type Place, fieldsLike } from "./completion";

export interface Suggestion {
  value: string;
  about: string;
}

const MOST = 9;

/** What could stand at this place; nothing while there is none. */
export function useSuggestions(place: Place | undefined): Suggestion[] {
  const fields = useApi("/api/v1/fields", {});
  const named = (fields.data?.fields ?? []).find((field) => field.name === place?.field || (place?.field.startsWith("tags.") && field.name === "tags"));
  const keys = place?.kind === "field" && place.prefix.startsWith("tags.");
  const wanted = keys ? { field: "tags", prefix: place.prefix.slice(5) } : place?.kind === "value" && named && !named.values && named.type !== "time" ? { field: place.field, prefix: place.prefix } : undefined;
  const late = useLate(wanted && JSON.stringify(wanted));
  const { from, to } = range.value;
  const asked = late && wanted ? { ...(JSON.parse(late) as { field: string; prefix: string }), project: param("project"), from, to, limit: MOST } : null;
  const values = useApi("/api/v1/fields/{field}/values", asked, { keep: false });
  if (!place) return [];
  if (place.kind === "field" && !keys) return fieldsLike(fields.data?.fields ?? [], place.prefix).slice(0, MOST).map((field) => ({ value: field.name, about: field.description }));
  if (named?.values && !keys) return named.values.filter((value) => value.toLowerCase().startsWith(place.prefix.toLowerCase())).map((value) => ({ value, about: "" }));
  if (values.data?.field !== wanted?.field) return [];
  return (values.data?.values ?? []).map((one) => {
    const value = typeof one.value === "string" ? one.value : JSON.stringify(one.value);
    return { value: keys ? `tags.${value}` : value, about: count(one.count) };
  });
}

/** The value, once it has been the same for a moment: not every letter is a question. */
function useLate(value: string | undefined): string | undefined {
  const [late, set] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => set(value), 120);
    return () => clearTimeout(timer);
  }, [value]);
  return late;
}

export function Suggestions({ of, active, choose }: { of: Suggestion[]; active: number; choose: (value: string) => void }) {
  return (
    <ul class="suggestions" role="listbox" id="suggestions" aria-label="Completions">
      {of.map((one, n) => (
        <li
          key={one.value}
          id={`suggestion-${n}`}
          role="option"
          aria-selected={n === active}
          onPointerDown={(event) => {
            // Before the box loses the caret.
            event.preventDefault();
            choose(one.value);
          }}
        >
          <code class="one-line">{seen(cut(one.value, 200).text)}</code>
          <span class="soft one-line">{one.about}</span>
        </li>
      ))}
    </ul>
  );
}
