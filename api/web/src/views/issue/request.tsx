// The request that was being served.
import type { Request as Asked } from "../../client/schema";
import { Pairs, Value } from "../../parts/long";

export function Request({ request }: { request: Asked }) {
  const groups: [string, [string, unknown][]][] = [
    ["Query", request.query ?? []],
    ["Headers", request.headers ?? []],
    ["Cookies", request.cookies ?? []],
    ["Environment", Object.entries(request.env ?? {})],
    ["More", Object.entries(request.data ?? {})],
  ];
  const body = request.body;
  const hasBody = body !== undefined && body !== null && body !== "";
  return (
    <section class="panel request">
      <header>
        <h2>Request</h2>
        <span class="address"><b>{request.method}</b> <Value of={request.url ?? ""} /></span>
        {request.status_code ? <span class="chip right">{request.status_code}</span> : null}
      </header>
      {hasBody && (
        <details class="group" open>
          <summary>Body</summary>
          {typeof body === "object" && !Array.isArray(body) ? <Pairs of={Object.entries(body as object)} /> : <div class="pairs"><Value of={body} /></div>}
        </details>
      )}
      {groups.map(([name, pairs], n) => pairs.length > 0 && (
        <details key={name} class="group" open={n === 0}>
          <summary>{name} <span class="soft">{pairs.length}</span></summary>
          <Pairs of={pairs} />
        </details>
      ))}
    </section>
  );
}
