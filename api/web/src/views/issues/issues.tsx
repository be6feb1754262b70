// The list of issues: what breaks, how often, for whom, since when.
import { useEffect, useState } from "preact/hooks";
import { exact } from "../../client/format";
import type { IssueInRange } from "../../client/schema";
import { useApi } from "../../client/resource";
import { useOwnKeys } from "../../frame/keys";
import { range, runs } from "../../frame/range";
import { QueryBox, faultOf } from "../../parts/querybox";
import { Shown } from "../../parts/states";
import { step } from "../../parts/step";
import { changed, go, link, param } from "../../router";
import { Empty } from "./empty";
import { Row } from "./row";

const SORTS = [
  ["last_seen", "Last seen"],
  ["first_seen", "First seen"],
  ["count", "Events"],
  ["users", "Users"],
  ["trend", "Rising"],
  ["priority", "Priority"],
] as const;

const PAGE = 50;
const TITLES = ".issues a.title";

export function Issues() {
  const query = param("query");
  const sort = param("sort") || "last_seen";
  const cursor = param("cursor");
  const { from, to } = range.value;
  const asked = { project: param("project"), query, from, to, sort: sort === "last_seen" ? undefined : sort, limit: PAGE, cursor };
  // Later pages stand still; the first one follows what happens.
  const live = cursor === "" && runs.value;
  const issues = useApi("/api/v1/issues", asked, live ? { every: 5 } : {});
  const fault = faultOf(issues.refusal, query);
  return (
    <>
      <h1 class="hidden">Issues</h1>
      <div class="view-head">
        <QueryBox value={query} fault={fault} ask={(text) => go(changed({ query: text, cursor: undefined }))} />
        <label class="sort">
          <span class="soft">Sort</span>
          <select class="field" value={sort} onChange={(event) => go(changed({ sort: event.currentTarget.value, cursor: undefined }))}>
            {SORTS.map(([value, name]) => <option key={value} value={value}>{name}</option>)}
          </select>
        </label>
      </div>
      <Shown of={fault ? { ...issues, refusal: undefined } : issues} lines={14}>
        {(data) => <List key={`${query} ${sort} ${cursor} ${from} ${to}`} {...data} stale={issues.loading} sort={sort} live={live} />}
      </Shown>
    </>
  );
}

interface ListProps {
  issues: IssueInRange[];
  total: number;
  next?: string | null;
  complete: boolean;
  stale: boolean;
  sort: string;
  live: boolean;
}

/** New counts come into the rows at once, but rows move only when the reader asks for it. */
function arranged(shown: string[], issues: IssueInRange[]): { rows: IssueInRange[]; waiting: number } {
  const byId = new Map(issues.map((issue) => [issue.id, issue]));
  const known = shown.flatMap((id) => byId.get(id) ?? []);
  if (known.length === 0) return { rows: issues, waiting: 0 };
  return { rows: known, waiting: issues.filter((issue) => !shown.includes(issue.id)).length };
}

function List({ issues, total, next, complete, stale, sort, live }: ListProps) {
  const [order, setOrder] = useState<string[]>([]);
  const { rows, waiting } = arranged(order, issues);
  useEffect(() => {
    if (order.length === 0 || rows === issues) setOrder(issues.map((issue) => issue.id));
  }, [issues]);
  useOwnKeys({ j: () => step(TITLES, 1), k: () => step(TITLES, -1) });
  if (rows.length === 0) return <Empty />;
  const show = () => {
    setOrder(issues.map((issue) => issue.id));
    scrollTo(0, 0);
  };
  return (
    <section class={`panel issues ${stale ? "stale" : ""}`} aria-busy={stale}>
      <div class="row head" aria-hidden="true">
        <span>{exact(total)} {total === 1 ? "issue" : "issues"}{!complete && " or more"}</span>
        <span class="trend">{sort === "trend" ? "Trend ↓" : "Trend"}</span>
        <span class="number">{sort === "count" ? "Events ↓" : "Events"}</span>
        <span class="number">{sort === "users" ? "Users ↓" : "Users"}</span>
        <span class="number last">{sort === "first_seen" ? "Age ↓" : "Last seen"}</span>
      </div>
      {waiting > 0 && (
        <button type="button" class="more-new" onClick={show} aria-live="polite">
          {waiting === 1 ? "1 more issue" : `${waiting} more issues`} · show
        </button>
      )}
      <ol>
        {rows.map((issue) => <Row key={issue.id} issue={issue} unfinished={live} first={sort === "first_seen"} />)}
      </ol>
      <footer class="pages">
        {param("cursor") && <a class="button" href={changed({ cursor: undefined })}>First page</a>}
        {next && <a class="button" href={changed({ cursor: next })}>Next {PAGE}</a>}
        {!complete && <span class="soft">Only the issues with the most events are counted in this range. <a href={link("/issues", { from: "-24h", to: undefined })}>Take a shorter one</a> for all.</span>}
      </footer>
    </section>
  );
}
