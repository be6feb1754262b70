// The projects: how much each gets, where its programs send to, and new ones.
import { useState } from "preact/hooks";
import { count, exact } from "../../client/format";
import { Refusal, post } from "../../client/request";
import { type Resource, useApi } from "../../client/resource";
import type { Project, Projects as Answer } from "../../client/schema";
import { line } from "../../client/text";
import { known } from "../../frame/projects";
import { range } from "../../frame/range";
import { Shown } from "../../parts/states";
import { Time } from "../../parts/time";
import { go, link } from "../../router";
import { Keys } from "./keys";

export function Projects() {
  const projects = useApi("/api/v1/projects", {});
  const session = useApi("/api/v1/session", {});
  const { from, to } = range.value;
  const top = useApi("/api/v1/stats/top", { by: "project", from, to, limit: 1000 }, { every: 30 });
  const events = new Map((top.data?.groups ?? []).map((group) => [Number(group.key.project), group.count]));
  const role = session.data?.role;
  // New projects are for those who see all of them.
  const makes = role === "admin" && session.data?.projects === null;
  return (
    <>
      <div class="view-head"><h1>Projects</h1></div>
      <Shown of={projects} lines={5}>
        {(data) => (
          <div class="projects">
            {data.projects.map((project) => <One key={project.id} of={project} events={top.data ? (events.get(project.id) ?? 0) : undefined} keys={role === "member" || role === "admin"} makes={role === "admin"} />)}
          </div>
        )}
      </Shown>
      {makes && <New list={projects} />}
    </>
  );
}

function One({ of, events, keys, makes }: { of: Project; events: number | undefined; keys: boolean; makes: boolean }) {
  return (
    <section class="panel project">
      <header>
        <h2><a href={link("/issues", { project: of.slug })}>{line(of.name, 100)}</a></h2>
        <span class="soft">{of.slug}, number {of.id}, since <Time at={of.created_at} whole /></span>
        {!of.enabled && <span class="chip">switched off</span>}
        {events !== undefined && <a class="right" href={link("/", { project: of.slug })} title={exact(events)}>{count(events)} {events === 1 ? "event" : "events"}</a>}
      </header>
      {keys && <Keys project={of} makes={makes} />}
    </section>
  );
}

function New({ list }: { list: Resource<Answer> }) {
  const [trouble, setTrouble] = useState("");
  const make = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const name = String(new FormData(form).get("name") ?? "").trim();
    setTrouble("");
    try {
      const made = await post("/api/v1/projects", {}, { name });
      known.value = [...known.value, made.project];
      list.reload();
      go(link("/start", { project: made.project.slug }));
    } catch (error) {
      setTrouble(error instanceof Refusal ? error.message : String(error));
    }
  };
  return (
    <section class="panel new-project">
      <header><h2>New project</h2><span class="soft">one for each program or team that looks at its errors by itself</span></header>
      <form class="body" onSubmit={(event) => void make(event)}>
        <input class="field" name="name" required maxLength={100} aria-label="Name of the new project" placeholder="Checkout" autocomplete="off" />
        <button type="submit" class="button main">Make it</button>
        {trouble && <p role="alert" class="trouble">{trouble}</p>}
      </form>
    </section>
  );
}
