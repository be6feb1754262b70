// Every event that a query finds: how many when, which values they have, and one by one.
import { exact } from "../../client/format";
import { useApi } from "../../client/resource";
import type { EventPage, Trend } from "../../client/schema";
import { useOwnKeys } from "../../frame/keys";
import { range, runs } from "../../frame/range";
import { Chart } from "../../parts/chart";
import { EventTable, USUAL_COLUMNS } from "../../parts/events";
import { layers } from "../../parts/layers";
import { QueryBox, faultOf } from "../../parts/querybox";
import { Blank, Shown } from "../../parts/states";
import { step } from "../../parts/step";
import { changed, go, param } from "../../router";
import { Columns } from "./columns";
import { Facets } from "./facets";

const PAGE = 50;
const EVENTS = ".events td.what a";

/** The columns in the address; the usual ones without any. */
export function columnsOf(text: string): string[] {
  if (text === "") return USUAL_COLUMNS;
  return text === "none" ? [] : [...new Set(text.split(",").filter(Boolean))].slice(0, 12);
}

export function Search() {
  const query = param("query");
  const cursor = param("cursor");
  const { from, to } = range.value;
  const asked = { project: param("project"), query, from, to };
  const every = runs.value && cursor === "" ? { every: 15 } : {};
  const timezone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const trend = useApi("/api/v1/stats/trend", { ...asked, by: "level", limit: 5, timezone }, every);
  const events = useApi("/api/v1/events", { ...asked, limit: PAGE, cursor });
  const fault = faultOf(events.refusal, query);
  const columns = columnsOf(param("columns"));
  useOwnKeys({ j: () => step(EVENTS, 1), k: () => step(EVENTS, -1) });
  return (
    <>
      <h1 class="hidden">Search</h1>
      <div class="view-head">
        <QueryBox value={query} fault={fault} ask={(text) => go(changed({ query: text, cursor: undefined }))} />
        <Columns chosen={columns} />
      </div>
      {!fault && (
        <div class="search">
          <Facets asked={asked} />
          <div class="found">
            <section class="panel">
              <Shown of={trend} lines={4}>{(data) => <Histogram of={data} />}</Shown>
            </section>
            <Shown of={events} lines={12}>{(data) => <Page of={data} columns={columns} stale={events.loading} />}</Shown>
          </div>
        </div>
      )}
    </>
  );
}

function Histogram({ of }: { of: Trend }) {
  const starts = of.buckets.map((bucket) => new Date(bucket.start).getTime());
  const partial = new Set(of.buckets.flatMap((bucket, n) => (bucket.partial && n > 0 ? [n] : [])));
  const total = `${exact(of.total)} ${of.total === 1 ? "event" : "events"}`;
  return (
    <>
      <header><h2>{of.estimated ? "≈" : ""}{total}</h2><span class="right soft">{of.interval} a bar; drag to zoom in</span></header>
      <div class="body"><Chart starts={starts} end={new Date(of.to).getTime()} series={layers(of, "level")} partial={partial} label={`${total} over time`} /></div>
    </>
  );
}

function Page({ of, columns, stale }: { of: EventPage; columns: string[]; stale: boolean }) {
  if (of.events.length === 0) return <Blank title="Nothing found"><p>No event in this time answers the query. Take a longer time, or ask for less.</p></Blank>;
  return (
    <section class={`panel results ${stale ? "stale" : ""}`} aria-busy={stale}>
      <EventTable events={of.events} columns={columns} whole />
      <footer class="pages">
        {param("cursor") && <a class="button" href={changed({ cursor: undefined })}>Newest</a>}
        {of.next && <a class="button" href={changed({ cursor: of.next })}>Older</a>}
      </footer>
    </section>
  );
}
