// What happened before the error, as a timeline: seconds before it, what kind, what was said.
import { useState } from "preact/hooks";
import { exact, local, utc } from "../../client/format";
import type { Breadcrumb, Event } from "../../client/schema";
import { line } from "../../client/text";
import { Level } from "../../parts/icons";
import { Long, Value } from "../../parts/long";

const SOME = 15;

/** How long before the error: -1.25 s, -3m 5s. */
export function before(time: string, error: string): string {
  const ms = new Date(error).getTime() - new Date(time).getTime();
  if (Number.isNaN(ms)) return "";
  const sign = ms < 0 ? "+" : "−";
  const seconds = Math.abs(ms) / 1000;
  if (seconds < 100) return `${sign}${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 100 ? `${sign}${minutes}m ${Math.round(seconds % 60)}s` : `${sign}${Math.round(minutes / 60)} h`;
}

export function Breadcrumbs({ event }: { event: Event }) {
  const all = event.breadcrumbs ?? [];
  const [most, setMost] = useState(SOME);
  if (all.length === 0) return null;
  const shown = all.slice(Math.max(0, all.length - most)).reverse();
  return (
    <section class="panel crumbs">
      <header>
        <h2>Breadcrumbs</h2>
        <span class="soft">newest first</span>
      </header>
      <ol>
        <li class="crumb error">
          <span class="when number">0 s</span>
          <span class="kind"><Level of={event.severity ?? "error"} /> {line(event.error?.type ?? "this event", 60)}</span>
          <div class="said">{line(event.error?.message ?? event.title ?? "", 200)}</div>
        </li>
        {shown.map((crumb, n) => <Crumb key={all.length - n} of={crumb} error={event.timestamp} />)}
      </ol>
      {all.length > most && <button type="button" class="link more" onClick={() => setMost(most + 100)}>{exact(all.length - most)} earlier</button>}
    </section>
  );
}

function Crumb({ of, error }: { of: Breadcrumb; error: string }) {
  const data = Object.entries(of.data ?? {});
  return (
    <li class="crumb">
      <span class="when number" title={of.timestamp ? `${local(of.timestamp)} here\n${utc(of.timestamp)}` : undefined}>{of.timestamp ? before(of.timestamp, error) : ""}</span>
      <span class="kind">{of.severity && of.severity !== "info" && <Level of={of.severity} />} {line(of.category ?? of.type ?? "", 60)}</span>
      <div class="said">
        {of.message && <div><Long text={of.message} most={300} /></div>}
        {data.length > 0 && (
          <dl>
            {data.slice(0, 12).map(([name, value]) => <div key={name}><dt>{line(name, 60)}</dt><dd><Value of={value} /></dd></div>)}
            {data.length > 12 && <div class="soft">{data.length - 12} more in the raw JSON</div>}
          </dl>
        )}
      </div>
    </li>
  );
}
