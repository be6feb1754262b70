// A list without issues: nothing has ever come, nothing came in this time, or nothing matches.
import { useEffect } from "preact/hooks";
import { useApi } from "../../client/resource";
import { PRESETS, range } from "../../frame/range";
import { Blank } from "../../parts/states";
import { changed, go, link, param } from "../../router";

export function Empty() {
  const query = param("query");
  const project = param("project");
  // The longest that may be asked for, to tell "never" from "not now".
  const ever = useApi("/api/v1/issues", { project, from: "-399d", limit: 1 });
  const never = ever.data !== undefined && ever.data.total === 0;
  useEffect(() => {
    if (never && !query) go(link("/start"), "replace");
  }, [never, query]);
  if (query) {
    return (
      <Blank title="Nothing matches">
        <p>No event in this time answers the query.</p>
        <a class="button" href={changed({ query: undefined })}>Without the query</a>
      </Blank>
    );
  }
  const longer = PRESETS.find(([value]) => value === "-7d" && range.value.from !== "-7d") ?? PRESETS[PRESETS.length - 1];
  return (
    <Blank title="All quiet">
      <p>No errors came in this time.</p>
      {longer && <a class="button" href={changed({ from: longer[0], to: undefined })}>{longer[1]}</a>}
    </Blank>
  );
}
