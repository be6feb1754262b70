// One issue of the list.
import { count, exact } from "../../client/format";
import { line } from "../../client/text";
import type { IssueInRange } from "../../client/schema";
import { known, slug } from "../../frame/projects";
import { Level } from "../../parts/icons";
import { Sparkline } from "../../parts/sparkline";
import { Time, now } from "../../parts/time";
import { link } from "../../router";

const HOUR = 3_600_000;

/** What is said of an issue against the window before. */
export function change(count: number, before: number): string | undefined {
  if (before === 0 || count < 10) return undefined;
  const ratio = count / before;
  if (ratio >= 1.5) return `×${ratio >= 10 ? Math.round(ratio) : ratio.toFixed(1)}`;
  return ratio <= 0.5 ? `−${Math.round((1 - ratio) * 100)}%` : undefined;
}

interface Props {
  issue: IssueInRange;
  unfinished: boolean;
  /** Whether the list is by age. */
  first: boolean;
}

export function Row({ issue, unfinished, first }: Props) {
  const fresh = now.value - new Date(issue.first_seen).getTime() < HOUR;
  const kind = line(issue.error?.type ?? "", 120);
  const message = line(issue.error?.message ?? "");
  const title = line(issue.title);
  const differs = change(issue.count, issue.before);
  return (
    <li class="row">
      <div class="what">
        <Level of={issue.severity} />
        <div>
          <a class="title" href={link(`/issues/${encodeURIComponent(issue.id)}`)}>
            {kind ? <><strong>{kind}</strong>{message && <span>{message}</span>}</> : <strong>{title}</strong>}
          </a>
          <div class="facts">
            {fresh && <span class="chip new">new</span>}
            <span class="id">{known.value.length > 1 && !issue.id.startsWith(slug(issue.project)) ? `${slug(issue.project)} · ` : ""}{issue.id}</span>
            {issue.culprit && <span class="culprit one-line">{line(issue.culprit)}</span>}
          </div>
        </div>
      </div>
      <div class="trend"><Sparkline counts={issue.sparkline} unfinished={unfinished} label={`${issue.count} events in this time`} /></div>
      <div class="number events" title={`${exact(issue.count)} events${issue.estimated ? ", estimated" : ""}; before ${exact(issue.before)}`}>
        <b>{issue.estimated ? "≈" : ""}{count(issue.count)}</b>
        {differs && <span class={`change ${differs.startsWith("×") ? "up" : ""}`}>{differs}</span>}
        <span class="unit"> {issue.count === 1 ? "event" : "events"}</span>
      </div>
      <div class="number users" title={`${exact(issue.users)} users`}>{count(issue.users)}<span class="unit"> {issue.users === 1 ? "user" : "users"}</span></div>
      <div class="number last"><Time at={first ? issue.first_seen : issue.last_seen} /><span class="unit"> ago</span></div>
    </li>
  );
}
