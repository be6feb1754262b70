// How fast errors come, service by service; by project where no event names a service.
import { percent } from "../../client/format";
import { useApi } from "../../client/resource";
import type { GroupRate } from "../../client/schema";
import { line } from "../../client/text";
import { slug } from "../../frame/projects";
import { Shown } from "../../parts/states";
import { link, param } from "../../router";

export function Rates({ asked, every }: { asked: Record<string, string | undefined>; every: { every?: number } }) {
  const { project, query, to } = asked;
  const services = useApi("/api/v1/stats/rates", { project, query, to, by: "service", window: "1h", limit: 7 }, every);
  const unnamed = services.data !== undefined && services.data.groups.length === 0;
  const projects = useApi("/api/v1/stats/rates", unnamed ? ({ project, query, to, by: "project", window: "1h", limit: 7 }) : null, every);
  const shown = unnamed ? projects : services;
  return (
    <section class="panel errors">
      <header>
        <h2>{unnamed ? "Rate by project" : "Rate by service"}</h2>
        <span class="soft right">a minute, last hour</span>
      </header>
      <Shown of={shown} lines={3}>
        {(data) => (
          <ol>
            {data.groups.map((group) => <One key={JSON.stringify(group.key)} of={group} by={unnamed ? "project" : "service"} />)}
            {data.groups.length === 0 && <li class="soft">Nothing in the last two hours.</li>}
          </ol>
        )}
      </Shown>
    </section>
  );
}

function One({ of, by }: { of: GroupRate; by: "service" | "project" }) {
  const value = of.key[by];
  const name = by === "project" ? slug(Number(value)) : String(value);
  const to = by === "project" ? link("/issues", { project: name }) : link("/issues", { query: [param("query"), `service:"${name.replace(/[\\"]/g, "\\$&")}"`].filter(Boolean).join(" ") });
  const change = of.change ?? undefined;
  return (
    <li>
      <a class="one-line" href={to}>{line(name, 100)}</a>
      <span class="number">{of.per_minute >= 10 ? Math.round(of.per_minute) : of.per_minute.toFixed(2)}</span>
      <span class={`number ${change === undefined || change === 0 ? "soft" : change > 0 ? "up" : "down"}`}>
        {change === undefined ? (of.count > 0 ? "new" : "") : change === 0 ? "=" : `${change > 0 ? "▲" : "▼"} ${percent(Math.abs(change))}`}
      </span>
    </li>
  );
}
