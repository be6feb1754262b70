// An event by its id, where its issue is not known yet: it is shown at once, and leads to its issue.
import { useApi } from "../../client/resource";
import { slug } from "../../frame/projects";
import { Level } from "../../parts/icons";
import { Shown } from "../../parts/states";
import { line } from "../../client/text";
import { link, param } from "../../router";
import { EventView } from "./event";

export function Alone({ id }: { id: string }) {
  const project = param("of") || undefined;
  const event = useApi("/api/v1/events/{id}", { id, project });
  const why = useApi("/api/v1/events/{id}/explain", { id, project });
  const issue = why.data?.grouping?.issue;
  return (
    <Shown of={event} lines={12}>
      {(data) => (
        <article class="issue">
          <header class="issue-head">
            <div class="crumbs-path soft"><a href={link("/search")}>Search</a> / <span>{slug(data.project)}</span></div>
            <h1><Level of={data.severity ?? "error"} /> <span class="text">{line(data.title ?? data.id, 300)}</span></h1>
          </header>
          <div class="columns alone">
            <div class="main">
              <EventView event={data} steps={issue ? <a class="button" href={link(`/issues/${encodeURIComponent(issue)}`, { event: id, from: undefined, to: undefined })}>All events of {issue}</a> : null} />
            </div>
          </div>
        </article>
      )}
    </Shown>
  );
}
