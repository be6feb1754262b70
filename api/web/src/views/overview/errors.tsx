// A short list of errors that are worth a look.
import { count, exact } from "../../client/format";
import type { RisingError, TopError } from "../../client/schema";
import { line } from "../../client/text";
import { Time } from "../../parts/time";
import { link } from "../../router";

export function Errors({ title, none, errors }: { title: string; none: string; errors: (TopError | RisingError)[] }) {
  return (
    <section class="panel errors">
      <header><h2>{title}</h2></header>
      {errors.length === 0 && <p class="body soft">{none}</p>}
      <ol>
        {errors.slice(0, 7).map((error) => <One key={`${error.project}${error.fingerprint}`} of={error} />)}
      </ol>
    </section>
  );
}

function One({ of }: { of: TopError | RisingError }) {
  const title = line(of.title ?? of.fingerprint, 200);
  const before = "previous_count" in of ? of.previous_count : undefined;
  return (
    <li>
      {of.issue ? <a class="one-line" href={link(`/issues/${encodeURIComponent(of.issue)}`)}>{title}</a> : <span class="one-line">{title}</span>}
      <span class="number" title={`${exact(of.count)} events`}>
        {before !== undefined && <span class="soft">{count(before)} → </span>}
        {of.estimated ? "≈" : ""}{count(of.count)}
      </span>
      <span class="soft number"><Time at={of.last_seen} /></span>
    </li>
  );
}
