// What a view shows while there is nothing to show, and why: waiting, refused, empty.
import type { ComponentChildren } from "preact";
import type { Refusal } from "../client/request";
import type { Resource } from "../client/resource";
import { signedOut } from "../client/session";
import { seen } from "../client/text";

const TITLES: Record<number, string> = { 0: "No connection.", 403: "Not allowed.", 404: "Not found.", 429: "Too many questions at once.", 503: "Not available right now." };

/** Why there is no answer, and what happens next; it goes away by itself once there is one. */
export function Refused({ refusal, again, reload }: { refusal: Refusal; again: number | undefined; reload?: () => void }) {
  const title = TITLES[refusal.status] ?? "That did not work.";
  return (
    <div class={`notice ${refusal.passes ? "" : "bad"}`} role="status">
      <p>
        <strong>{title}</strong> <span class="text">{seen(refusal.message)}</span>
        {again !== undefined && <span class="soft"> Trying again within {again} s.</span>}
        {refusal.requestId && refusal.status >= 500 && <span class="soft"> Request {refusal.requestId}.</span>}
      </p>
      {reload && <button type="button" class="button" onClick={reload}>Try now</button>}
    </div>
  );
}

/** A resource with its states: its answer stays on the page while the next one is asked for or refused. */
export function Shown<T>({ of, lines = 6, children }: { of: Resource<T>; lines?: number; children: (data: T) => ComponentChildren }) {
  const { data, refusal, again, loading, reload } = of;
  return (
    <>
      {refusal && !signedOut.value && <Refused refusal={refusal} again={again} reload={reload} />}
      {data !== undefined ? children(data) : loading ? <Bones lines={lines} /> : null}
    </>
  );
}

export function Bones({ lines }: { lines: number }) {
  return (
    <div class="bones waiting" role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, n) => <i key={n} style={{ width: `${92 - ((n * 37) % 45)}%` }} />)}
    </div>
  );
}

export function Blank({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="blank">
      <h2>{title}</h2>
      {children}
    </div>
  );
}
