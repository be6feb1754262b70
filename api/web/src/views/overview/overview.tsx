// The state of things on one page: how much, of what kind, what is new, what rises.
import { count, exact, percent } from "../../client/format";
import { useApi } from "../../client/resource";
import type { Group, Summary } from "../../client/schema";
import { line } from "../../client/text";
import { range, runs } from "../../frame/range";
import { QueryBox, faultOf } from "../../parts/querybox";
import { Shown } from "../../parts/states";
import { changed, go, link, param } from "../../router";
import { Empty } from "../issues/empty";
import { Errors } from "./errors";
import { Rates } from "./rates";
import { Trend } from "./trend";

const EVERY = 15;

export function Overview() {
  const query = param("query");
  const { from, to } = range.value;
  const asked = { project: param("project"), query, from, to };
  const every = runs.value ? { every: EVERY } : {};
  const summary = useApi("/api/v1/stats/summary", asked, every);
  const fault = faultOf(summary.refusal, query);
  return (
    <>
      <h1 class="hidden">Overview</h1>
      <div class="view-head">
        <QueryBox value={query} fault={fault} ask={(text) => go(changed({ query: text }))} />
      </div>
      <Shown of={fault ? { ...summary, refusal: undefined } : summary} lines={12}>
        {(data) => (data.total === 0 ? <Empty /> : <Page summary={data} asked={asked} every={every} />)}
      </Shown>
    </>
  );
}

interface PageProps {
  summary: Summary;
  asked: Record<string, string | undefined>;
  every: { every?: number };
}

function Page({ summary, asked, every }: PageProps) {
  return (
    <div class="overview">
      <Numbers of={summary} />
      <Trend asked={asked} every={every} />
      <div class="thirds">
        <Split name="Severity" field="level" groups={summary.by_severity} total={summary.total} />
        <Split name="Category" field="category" groups={summary.by_category} total={summary.total} />
        <Split name="Environment" field="environment" groups={summary.by_environment} total={summary.total} />
      </div>
      <div class="halves">
        <Errors title="New" none="No error was seen for the first time." errors={summary.new_errors} />
        <Errors title="Rising" none="Nothing comes more often than before, by more than chance." errors={summary.rising_errors} />
        <Errors title="Most frequent" none="" errors={summary.top_errors} />
        <Rates asked={asked} every={every} />
      </div>
    </div>
  );
}

function Numbers({ of }: { of: Summary }) {
  const { recent } = of;
  const change = recent.change ?? undefined;
  const rate = recent.per_minute >= 10 ? count(Math.round(recent.per_minute)) : String(Math.round(recent.per_minute * 100) / 100);
  return (
    <section class="figures">
      <a href={link("/issues", { query: param("query") })} title={exact(of.total)}>
        <b>{of.estimated ? "≈" : ""}{count(of.total)}</b> {of.total === 1 ? "event" : "events"}
      </a>
      <a href={link("/issues", { query: param("query"), sort: "users" })} title={exact(of.users)}>
        <b>{of.users_estimated ? "≈" : ""}{count(of.users)}</b> {of.users === 1 ? "user hit" : "users hit"}
      </a>
      <div title={`The last ${recent.window}: ${exact(recent.count)} events, ${exact(recent.previous_count)} before`}>
        <b>{rate}</b> a minute now
        {change !== undefined && change !== 0 && <span class={change > 0 ? "up" : "down"}> {change > 0 ? "▲" : "▼"} {percent(Math.abs(change))}</span>}
      </div>
    </section>
  );
}

function Split({ name, field, groups, total }: { name: string; field: string; groups: Group[]; total: number }) {
  const rest = total - groups.reduce((sum, group) => sum + group.count, 0);
  return (
    <section class="panel">
      <header><h2>{name}</h2></header>
      <ol class="split">
        {groups.slice(0, 6).map((group) => {
          const value = String(group.key[field] ?? "");
          const query = [param("query"), `${field}:"${value.replace(/[\\"]/g, "\\$&")}"`].filter(Boolean).join(" ");
          return (
            <li key={value}>
              <a class="one-line" href={link("/issues", { query })}>{line(value, 80)}</a>
              <i><i class={field === "level" ? `fill ${value}` : "fill"} style={{ width: `${(group.count / Math.max(1, total)) * 100}%` }} /></i>
              <span class="number" title={percent(group.count / Math.max(1, total))}>{group.estimated ? "≈" : ""}{count(group.count)}</span>
            </li>
          );
        })}
        {rest > 0 && groups.length <= 6 && <li class="soft"><span>without</span><i /><span class="number">{count(rest)}</span></li>}
      </ol>
    </section>
  );
}
