// Why the event was grouped, judged and scrubbed as it was. Asked for when it is opened.
import { useState } from "preact/hooks";
import { useApi } from "../../client/resource";
import { exact } from "../../client/format";
import type { EventDetail, Explanation } from "../../client/schema";
import { line } from "../../client/text";
import { Shown } from "../../parts/states";
import { link } from "../../router";

export function Explain({ event }: { event: EventDetail }) {
  const [open, setOpen] = useState(false);
  const why = useApi("/api/v1/events/{id}/explain", open ? ({ id: event.id, project: String(event.project) }) : null);
  return (
    <section class="panel">
      <details onToggle={(toggled) => setOpen(toggled.currentTarget.open)}>
        <summary class="panel-title"><h2>Why grouped, judged and scrubbed so</h2></summary>
        {open && <Shown of={why} lines={4}>{(data) => <Told why={data} />}</Shown>}
      </details>
    </section>
  );
}

function Told({ why }: { why: Explanation }) {
  const frames = (why.grouping?.exceptions ?? []).flatMap((exception) => exception.frames).filter((frame) => frame.counted);
  const similar = why.grouping?.similar ?? [];
  return (
    <div class="why">
      <ul>{why.summary.map((sentence, n) => <li key={n}>{line(sentence, 600)}</li>)}</ul>
      {why.judgement.changes.length > 0 && (
        <table>
          <caption>How it was judged</caption>
          <tbody>
            {why.judgement.changes.map((one, n) => <tr key={n}><th scope="row">{line(one.field, 40)}</th><td>{line(one.from, 60)} → {line(one.to, 60)}</td><td>{line(one.why, 400)}</td></tr>)}
          </tbody>
        </table>
      )}
      {frames.length > 0 && (
        <table>
          <caption>Frames that made the group</caption>
          <tbody>
            {frames.slice(0, 30).map((one, n) => <tr key={n}><td class="code">{line(one.function ?? one.module ?? "", 120)}</td><td class="code">{line(one.filename ?? "", 120)}</td><td>{line(one.why, 200)}</td></tr>)}
          </tbody>
        </table>
      )}
      {why.scrubbed.length > 0 && (
        <table>
          <caption>What was taken out before it was stored</caption>
          <tbody>
            {why.scrubbed.slice(0, 100).map((one, n) => <tr key={n}><td class="code">{line(one.path, 160)}</td><td>{line(one.rule, 60)}</td><td class="number">{one.method}, {exact(one.bytes)} B</td></tr>)}
            {why.scrubbed.length > 100 && <tr><td colSpan={3}>{exact(why.scrubbed.length - 100)} more in the raw JSON</td></tr>}
          </tbody>
        </table>
      )}
      {similar.length > 0 && (
        <table>
          <caption>Groups that may be the same</caption>
          <tbody>
            {similar.slice(0, 20).map((one) => <tr key={one.fingerprint}><td>{one.issue ? <a href={link(`/issues/${encodeURIComponent(one.issue)}`)}>{line(one.title ?? one.issue, 120)}</a> : line(one.title ?? one.fingerprint, 120)}</td><td class="number">{exact(one.count)} events</td></tr>)}
          </tbody>
        </table>
      )}
    </div>
  );
}
