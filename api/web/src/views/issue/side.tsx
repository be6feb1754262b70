// Beside the event: how the issue went, since when, in which releases, and what its events have in common.
import { useApi } from "../../client/resource";
import { count, exact, percent } from "../../client/format";
import type { IssueFieldValues, OneIssue } from "../../client/schema";
import { line } from "../../client/text";
import { Chart } from "../../parts/chart";
import { Shown } from "../../parts/states";
import { Time } from "../../parts/time";
import { link } from "../../router";
import { Merge } from "./merge";

export function Side({ issue, from, to }: { issue: OneIssue; from: string | undefined; to: string | undefined }) {
  return (
    <aside class="side">
      <section class="panel numbers">
        <div><b>{issue.life.estimated ? "≈" : ""}{count(issue.life.count)}</b><span>{issue.life.count === 1 ? "event" : "events"}</span></div>
        <div><b>{count(issue.life.users)}</b><span>{issue.life.users === 1 ? "user" : "users"}</span></div>
        <div><b><Time at={issue.last_seen} /></b><span>last seen</span></div>
        <div><b><Time at={issue.first_seen} /></b><span>first seen</span></div>
      </section>
      <Activity issue={issue} />
      {issue.releases.total > 0 && <Releases issue={issue} />}
      <Tags issue={issue} from={from} to={to} />
      <Merge issue={issue} />
    </aside>
  );
}

function Activity({ issue }: { issue: OneIssue }) {
  // Hours while it is young, days later.
  const young = Date.now() - new Date(issue.first_seen).getTime() < 86_400_000;
  const periods = young ? issue.activity.hours : issue.activity.days;
  const starts = periods.map((period) => new Date(period.start).getTime());
  const step = young ? 3_600_000 : 86_400_000;
  const end = (starts.at(-1) ?? Date.now()) + step;
  const marks = issue.releases.most.map((release) => ({ at: new Date(release.first_seen).getTime(), name: release.release })).filter((mark) => mark.at > (starts[0] ?? 0) && mark.at < end);
  return (
    <section class="panel">
      <header><h2>{young ? "Last 24 hours" : "Last 30 days"}</h2></header>
      <div class="body">
        <Chart
          starts={starts}
          end={end}
          series={[{ name: "events", look: "s0", counts: periods.map((period) => period.count) }]}
          marks={marks}
          partial={new Set([periods.length - 1])}
          label={`Events of this issue in the ${young ? "last 24 hours" : "last 30 days"}`}
        />
      </div>
    </section>
  );
}

function Releases({ issue }: { issue: OneIssue }) {
  const { first, last, most, total } = issue.releases;
  return (
    <section class="panel releases">
      <header><h2>Releases</h2><span class="soft right">{exact(total)}</span></header>
      <dl class="body">
        {first && <div><dt>First</dt><dd class="one-line">{line(first, 80)}</dd></div>}
        {last && last !== first && <div><dt>Last</dt><dd class="one-line">{line(last, 80)}</dd></div>}
      </dl>
      {most.length > 1 && <Shares rows={most.slice(0, 5).map((one) => ({ name: one.release, count: one.count, query: `release:"${one.release.replace(/[\\"]/g, "\\$&")}"`, more: false }))} of={issue.life.count} />}
    </section>
  );
}

function Tags({ issue, from, to }: { issue: OneIssue; from: string | undefined; to: string | undefined }) {
  const range = { from: from ?? issue.from, to: to ?? issue.to };
  // The minute is enough, so that what is asked stays the same while the page refreshes.
  const tags = useApi("/api/v1/issues/{id}/tags", { id: issue.id, from: range.from, to: to ? range.to : undefined, limit: 5 });
  return (
    <section class="panel tags">
      <header><h2>What its events share</h2></header>
      <Shown of={tags} lines={6}>
        {(data) => (data.fields.length === 0 ? <p class="body soft">Nothing is known of them.</p> : data.fields.slice(0, 14).map((field) => <Field key={field.field} field={field} of={data.events} />))}
      </Shown>
    </section>
  );
}

function Field({ field, of }: { field: IssueFieldValues; of: number }) {
  const rows = field.values.slice(0, 4).map((one) => {
    const name = typeof one.value === "string" ? one.value : JSON.stringify(one.value);
    return { name, count: one.count, more: one.over_represented, query: `${field.field}:"${name.replace(/[\\"]/g, "\\$&")}"` };
  });
  return (
    <div class="tag">
      <h3>{line(field.field.replace(/^tags\./, ""), 60)} {field.values_total > rows.length && <span class="soft">{exact(field.values_total)} values</span>}</h3>
      <Shares rows={rows} of={of} />
    </div>
  );
}

interface Share {
  name: string;
  count: number;
  query: string;
  /** More often here than in other events, by more than chance. */
  more: boolean;
}

function Shares({ rows, of }: { rows: Share[]; of: number }) {
  return (
    <ol class="shares">
      {rows.map((row) => (
        <li key={row.name} title={`${exact(row.count)} of ${exact(of)} events${row.more ? "; more often than elsewhere" : ""}`}>
          <i style={{ width: `${Math.min(100, (row.count / Math.max(1, of)) * 100)}%` }} class={row.more ? "much" : ""} />
          <a class="one-line" href={link("/issues", { query: row.query })}>{line(row.name, 80)}</a>
          <span class="number">{percent(row.count / Math.max(1, of))}</span>
        </li>
      ))}
    </ol>
  );
}
