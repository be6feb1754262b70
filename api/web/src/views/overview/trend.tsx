// All events over time, split by a field that the reader chooses, with the releases and what is not over yet.
import { exact } from "../../client/format";
import { useApi } from "../../client/resource";
import type { Trend as Answer } from "../../client/schema";
import { line } from "../../client/text";
import { Chart } from "../../parts/chart";
import { layers } from "../../parts/layers";
import { Shown } from "../../parts/states";
import { changed, go, param } from "../../router";

const SPLITS = [["level", "severity"], ["service", "service"], ["environment", "environment"], ["category", "category"], ["release", "release"], ["project", "project"]] as const;

export function Trend({ asked, every }: { asked: Record<string, string | undefined>; every: { every?: number } }) {
  const by = SPLITS.find(([field]) => field === param("by"))?.[0] ?? "level";
  const trend = useApi("/api/v1/stats/trend", { ...asked, by, limit: 5, with: "releases", timezone: Intl.DateTimeFormat().resolvedOptions().timeZone }, every);
  return (
    <section class="panel">
      <header>
        <h2>Events over time</h2>
        <label class="right soft">
          by{" "}
          <select class="field" value={by} onChange={(event) => go(changed({ by: event.currentTarget.value === "level" ? undefined : event.currentTarget.value }))}>
            {SPLITS.map(([field, name]) => <option key={field} value={field}>{name}</option>)}
          </select>
        </label>
      </header>
      <div class="body">
        <Shown of={trend} lines={5}>{(data) => <Drawn trend={data} by={by} />}</Shown>
      </div>
    </section>
  );
}

function Drawn({ trend, by }: { trend: Answer; by: string }) {
  const series = layers(trend, trend.groups.every((group) => by in group.key) ? by : "level");
  const starts = trend.buckets.map((bucket) => new Date(bucket.start).getTime());
  const partial = new Set(trend.buckets.flatMap((bucket, n) => (bucket.partial && n > 0 ? [n] : [])));
  const marks = (trend.releases ?? []).map((release) => ({ at: new Date(release.first_seen).getTime(), name: release.release }));
  const begin = starts[0] ?? 0;
  const end = new Date(trend.to).getTime();
  // A release that was there from the beginning did not begin here.
  const begun = marks.filter((mark) => mark.at - begin > (end - begin) / 20).slice(0, 12);
  return (
    <>
      <Chart tall starts={starts} end={end} series={series} marks={begun} partial={partial} label={`${exact(trend.total)} events in buckets of ${trend.interval}`} />
      <ul class="key">
        {series.map((one) => <li key={one.name}><i class={one.look} />{line(one.name, 60)}</li>)}
        <li class="soft">{trend.interval} a bar{partial.size > 0 && "; hatched: not over yet"}. Drag to zoom in.</li>
      </ul>
    </>
  );
}
