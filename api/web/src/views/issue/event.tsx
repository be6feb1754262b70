// One event of an issue, in the order that people look: where it broke, what came before, what it was about.
import type { ComponentChildren } from "preact";
import type { EventDetail } from "../../client/schema";
import { cut, line, seen } from "../../client/text";
import { Long, Pairs } from "../../parts/long";
import { Time } from "../../parts/time";
import { link } from "../../router";
import { Breadcrumbs } from "./breadcrumbs";
import { Explain } from "./explain";
import { raised } from "./frames";
import { Raw } from "./raw";
import { Request } from "./request";
import { Stack } from "./stack";
import { Siblings } from "./trace";

export function EventView({ event, steps }: { event: EventDetail; steps: ComponentChildren }) {
  const exceptions = raised(event);
  const message = event.message?.formatted;
  const told = exceptions.some((one) => one.value === message) || message === event.error?.message;
  return (
    <>
      <div class="event-head">
        <div>
          <strong>Event</strong> <code class="event-id" title={event.id}>{event.id.slice(0, 8)}</code>
          <span class="soft"> <Time at={event.timestamp} whole /></span>
        </div>
        {steps}
      </div>
      <Facts event={event} />
      {event.payload && <p class="notice">{line(event.payload.why, 400)}</p>}
      {(event.feedback ?? []).slice(0, 20).map((words) => (
        <figure key={words.id} class="panel words">
          <blockquote><Long text={words.message} /></blockquote>
          <figcaption class="soft">{line(words.name ?? words.email ?? "A user", 100)} · <Time at={words.received_at} /></figcaption>
        </figure>
      ))}
      {message && !told && <section class="panel said"><header><h2>Message</h2></header><p class="body"><Long text={message} /></p></section>}
      {exceptions.length > 0 && <Stack key={event.id} exceptions={exceptions} />}
      <Breadcrumbs key={`b${event.id}`} event={event} />
      {event.request && <Request request={event.request} />}
      <Siblings event={event} />
      <More event={event} />
      <Explain key={`e${event.id}`} event={event} />
      <Raw key={`r${event.id}`} event={event} />
    </>
  );
}

/** A fact that leads to the events that share it. */
function Fact({ name, field, value }: { name: string; field?: string; value: string | null | undefined }) {
  if (!value) return null;
  const shown = line(value, 80);
  const quoted = `${field}:"${value.replace(/[\\"]/g, "\\$&")}"`;
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd title={seen(cut(value, 500).text)}>{field && quoted.length < 300 ? <a href={link("/issues", { query: quoted })}>{shown}</a> : shown}</dd>
    </div>
  );
}

function Facts({ event }: { event: EventDetail }) {
  const handled = event.exceptions?.at(-1)?.mechanism?.handled;
  const user = event.user?.id ?? event.user?.username ?? event.user?.email ?? event.user?.ip_address;
  const agent = event.user_agent;
  const browser = agent ? [agent.name, agent.version].filter(Boolean).join(" ") : undefined;
  const system = agent ? [agent.os, agent.os_version].filter(Boolean).join(" ") : undefined;
  return (
    <dl class="facts">
      <Fact name="Environment" field="environment" value={event.environment} />
      <Fact name="Release" field="release" value={event.release} />
      <Fact name="Service" field="service" value={event.service} />
      <Fact name="Transaction" field="transaction" value={event.transaction} />
      <Fact name="User" {...(event.user?.id ? { field: "user.id" } : {})} value={user} />
      <Fact name="Category" field="category" value={event.category === "UNKNOWN" ? undefined : event.category} />
      <Fact name="Handled" value={handled === undefined || handled === null ? undefined : handled ? "yes" : "no"} />
      <Fact name="Browser" value={browser} />
      <Fact name="System" value={system} />
      <Fact name="Host" field="host" value={event.host} />
      <Fact name="Commit" value={event.commit} />
      <Fact name="Owner" value={event.ownership?.team ?? event.ownership?.owner} />
    </dl>
  );
}

/** What else the event carries, folded. */
function More({ event }: { event: EventDetail }) {
  const own = Object.entries(event.user ?? {}).filter(([, value]) => typeof value !== "object" || Object.keys(value ?? {}).length > 0);
  const groups: [string, [string, unknown][]][] = [
    ["Tags", Object.entries(event.tags ?? {})],
    ["User", own],
    ["Failed call", Object.entries(event.call ?? {})],
    ...Object.entries(event.contexts ?? {}).map(([name, value]) => [line(name, 80), entries(value)] as [string, [string, unknown][]]),
    ["Extra", Object.entries(event.extra ?? {})],
    ["Metrics", Object.entries(event.metrics ?? {})],
    ["Packages", Object.entries(event.modules ?? {})],
    ["SDK", Object.entries(event.sdk ?? {})],
  ];
  const some = groups.filter(([, pairs]) => pairs.length > 0);
  if (some.length === 0) return null;
  return (
    <section class="panel">
      <header><h2>Context</h2></header>
      {some.slice(0, 60).map(([name, pairs], n) => (
        <details key={`${name}${n}`} class="group" open={n < 2}>
          <summary>{name} <span class="soft">{pairs.length}</span></summary>
          <Pairs of={pairs} />
        </details>
      ))}
    </section>
  );
}

function entries(value: unknown): [string, unknown][] {
  return value !== null && typeof value === "object" && !Array.isArray(value) ? Object.entries(value) : [["", value]];
}
