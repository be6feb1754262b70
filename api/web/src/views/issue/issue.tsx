// One issue: how often, for whom, since when, and the event that tells most.
import { useApi } from "../../client/resource";
import { cut, line, seen } from "../../client/text";
import type { OneIssue } from "../../client/schema";
import { exact } from "../../client/format";
import { useOwnKeys } from "../../frame/keys";
import { slug } from "../../frame/projects";
import { Level } from "../../parts/icons";
import { Long } from "../../parts/long";
import { Shown } from "../../parts/states";
import { changed, go, link, param } from "../../router";
import { EventView } from "./event";
import { Side } from "./side";

export function Issue({ id }: { id: string }) {
  // Without a range of its own the issue is shown whole.
  const [from, to] = [param("from") || undefined, param("to") || undefined];
  const issue = useApi("/api/v1/issues/{id}", { id, from, to }, { every: 20 });
  return <Shown of={issue} lines={12}>{(data) => <Whole issue={data} from={from} to={to} />}</Shown>;
}

function Whole({ issue, from, to }: { issue: OneIssue; from: string | undefined; to: string | undefined }) {
  const chosen = param("event") || issue.recommended_event?.id || "";
  const kind = issue.error?.type ?? "";
  return (
    <article class="issue">
      <header class="issue-head">
        <div class="crumbs-path soft">
          <a href={link("/issues")}>Issues</a> / <span>{slug(issue.project)}</span> / <span>{issue.id}</span>
        </div>
        <h1>
          <Level of={issue.severity} /> <span class="text">{line(kind || issue.title, 300)}</span>
        </h1>
        {kind && issue.error?.message && <p class="message"><Long text={issue.error.message} most={400} /></p>}
        {issue.culprit && <p class="soft code one-line" title={seen(cut(issue.culprit, 500).text)}>{line(issue.culprit)}</p>}
        {issue.merged_into && <p class="notice">This issue was merged into {issue.merged_into}, which is shown.</p>}
      </header>
      <div class="columns">
        <div class="main">
          {chosen ? <Chosen issue={issue} event={chosen} from={from} to={to} /> : <NoEvent issue={issue} />}
        </div>
        <Side issue={issue} from={from} to={to} />
      </div>
    </article>
  );
}

function NoEvent({ issue }: { issue: OneIssue }) {
  return (
    <div class="panel blank">
      <h2>No event in this time</h2>
      <p>It has {exact(issue.life.count)} in all.</p>
      <a class="button" href={changed({ from: undefined, to: undefined, event: undefined })}>Show its whole life</a>
    </div>
  );
}

function Chosen({ issue, event, from, to }: { issue: OneIssue; event: string; from: string | undefined; to: string | undefined }) {
  const project = String(issue.project);
  const detail = useApi("/api/v1/events/{id}", { id: event, project });
  const beside = useApi("/api/v1/issues/{id}/events/{event}/neighbours", { id: issue.id, event, from, to });
  const to_ = (id: string | undefined) => (id ? changed({ event: id }) : undefined);
  const [older, newer] = [to_(beside.data?.previous?.id), to_(beside.data?.next?.id)];
  useOwnKeys({ j: () => older && go(older), k: () => newer && go(newer) });
  return (
    <Shown of={detail} lines={10}>
      {(data) => (
        <EventView
          event={data}
          steps={
            <nav class="steps" aria-label="Events of this issue">
              <Step to={to_(issue.first_event?.id)} here={issue.first_event?.id === event} name="First" />
              <Step to={older} here={!older} name="‹ Older" />
              <Step to={newer} here={!newer} name="Newer ›" />
              <Step to={to_(issue.latest_event?.id)} here={issue.latest_event?.id === event} name="Latest" />
            </nav>
          }
        />
      )}
    </Shown>
  );
}

function Step({ to, here, name }: { to: string | undefined; here: boolean; name: string }) {
  if (here || !to) return <span class="button" aria-disabled="true">{name}</span>;
  return <a class="button" href={to}>{name}</a>;
}
