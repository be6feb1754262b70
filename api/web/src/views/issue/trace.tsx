// The other events of the same trace or correlation id: what else broke in this request.
import { useApi } from "../../client/resource";
import type { EventDetail, TraceEvent } from "../../client/schema";
import { line } from "../../client/text";
import { Level } from "../../parts/icons";
import { Shown } from "../../parts/states";
import { Time } from "../../parts/time";
import { link } from "../../router";

export function Siblings({ event }: { event: EventDetail }) {
  const id = event.siblings?.trace;
  if (!id || event.siblings?.events === 0) return null;
  return <Trace id={id} event={event} />;
}

function Trace({ id, event }: { id: string; event: EventDetail }) {
  // A trace is looked for around the event, which may be older than the range of the page.
  const at = new Date(event.timestamp).getTime();
  const day = 86_400_000;
  const trace = useApi("/api/v1/traces/{id}", { id, from: new Date(at - day).toISOString(), to: new Date(at + day).toISOString(), limit: 20 });
  return (
    <section class="panel trace">
      <header>
        <h2>Same trace</h2>
        <code class="soft one-line">{line(id, 64)}</code>
      </header>
      <Shown of={trace} lines={3}>
        {(data) => (
          <ol>
            {data.events.map((one) => <Sibling key={one.id} of={one} here={one.id === event.id} />)}
            {data.more && <li class="aside">There are more, older than these.</li>}
          </ol>
        )}
      </Shown>
    </section>
  );
}

function Sibling({ of, here }: { of: TraceEvent; here: boolean }) {
  const title = line(of.title, 160);
  return (
    <li class={here ? "here" : ""}>
      <Level of={of.level} />
      {of.issue && !here ? <a class="one-line" href={link(`/issues/${encodeURIComponent(of.issue)}`, { event: of.id, from: undefined, to: undefined })}>{title}</a> : <span class="one-line">{title}</span>}
      <span class="soft one-line">{line(of.service ?? of.transaction ?? "", 60)}</span>
      <span class="soft">{here ? "this event" : <Time at={of.timestamp} whole />}</span>
    </li>
  );
}
