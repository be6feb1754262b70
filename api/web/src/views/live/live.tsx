// Events as they are stored. The list moves on by itself until the reader holds it.
import { useEffect, useRef, useState } from "preact/hooks";
import { exact } from "../../client/format";
import { Refusal, address, get } from "../../client/request";
import { signedOut } from "../../client/session";
import type { Event } from "../../client/schema";
import { useOwnKeys } from "../../frame/keys";
import { EventTable, USUAL_COLUMNS } from "../../parts/events";
import { QueryBox, faultOf } from "../../parts/querybox";
import { Blank } from "../../parts/states";
import { changed, go, param } from "../../router";
import { EMPTY, type Tail, grown } from "./tail";

/** Milliseconds between two drawings, however fast events come. */
const DRAWN_EVERY = 250;
/** Milliseconds until a stream that was refused is tried again. */
const AGAIN = 5_000;

interface Stream {
  tail: Tail;
  open: boolean;
  refusal: Refusal | undefined;
}

/** Follows the stream of this address; `held` says whether the list stands still. */
function useStream(project: string, query: string, held: boolean): Stream {
  const [stream, set] = useState<Stream>({ tail: EMPTY, open: false, refusal: undefined });
  const holding = useRef(held);
  holding.current = held;
  useEffect(() => {
    set((was) => (held ? was : { ...was, tail: grown(was.tail, [], false) }));
  }, [held]);
  useEffect(() => {
    set({ tail: EMPTY, open: false, refusal: undefined });
    return follow(project, query, (events, left, open, refusal) =>
      set((was) => {
        const tail = events.length > 0 ? grown(was.tail, events, holding.current) : was.tail;
        return { tail: left > 0 ? { ...tail, left: tail.left + left } : tail, open, refusal };
      }),
    );
  }, [project, query]);
  return stream;
}

type Told = (events: Event[], left: number, open: boolean, refusal: Refusal | undefined) => void;

function follow(project: string, query: string, tell: Told): () => void {
  let source: EventSource | undefined;
  let again: ReturnType<typeof setTimeout> | undefined;
  let events: Event[] = [];
  let left = 0;
  const draw = setInterval(() => {
    if (events.length === 0 && left === 0) return;
    tell(events, left, true, undefined);
    events = [];
    left = 0;
  }, DRAWN_EVERY);
  const begin = () => {
    source = new EventSource(address("/api/v1/live", { project, query }));
    source.addEventListener("open", () => tell([], 0, true, undefined));
    source.addEventListener("event", (message) => {
      events.push(JSON.parse((message as MessageEvent<string>).data) as Event);
      // A hidden page draws seldom; it keeps what it can show.
      if (events.length > 1_000) left += events.splice(0, 500).length;
    });
    source.addEventListener("left_out", (message) => {
      left += Number((message as MessageEvent<string>).data) || 0;
    });
    source.addEventListener("error", () => {
      // A stream that broke is begun anew by the browser, behind the last event; one that was refused is not.
      if (source?.readyState !== EventSource.CLOSED) return tell([], 0, false, undefined);
      void refused(project, query).then((refusal) => {
        tell([], 0, false, refusal);
        if (!refusal || refusal.passes) again = setTimeout(begin, AGAIN);
      });
    });
  };
  begin();
  return () => {
    source?.close();
    clearTimeout(again);
    clearInterval(draw);
  };
}

/** Why a stream does not begin: a stream can't tell, but a question in the same words can. */
async function refused(project: string, query: string): Promise<Refusal | undefined> {
  try {
    await get("/api/v1/events", { project, query, limit: 1 });
    return undefined;
  } catch (error) {
    if (error instanceof Refusal && error.status === 401) signedOut.value = true;
    return error instanceof Refusal ? error : undefined;
  }
}

export function Live() {
  const query = param("query");
  const [held, hold] = useState(false);
  const { tail, open, refusal } = useStream(param("project"), query, held);
  const fault = faultOf(refusal, query);
  useOwnKeys({ " ": () => hold(!held) });
  return (
    <>
      <h1 class="hidden">Live</h1>
      <div class="view-head">
        <QueryBox value={query} fault={fault} ask={(text) => go(changed({ query: text }))} />
        <button type="button" class="button" aria-pressed={held} onClick={() => hold(!held)}>{held ? "Go on" : "Hold"}</button>
      </div>
      <section class="panel">
        <header class="live-head">
          <i class={`dot ${open && !held ? "waiting" : "off"}`} aria-hidden="true" />
          <span role="status">{said(open, held, refusal)}</span>
          <span class="right soft number">{exact(tail.came)} so far{tail.left > 0 && `, ${exact(tail.left)} left out`}</span>
        </header>
        {tail.waiting.length > 0 && <button type="button" class="more-new" onClick={() => hold(false)}>{exact(tail.waiting.length)} more · show</button>}
        {tail.shown.length > 0 ? <EventTable events={tail.shown} columns={USUAL_COLUMNS} whole /> : <Blank title="Listening"><p>Events are shown here as soon as they are stored.</p></Blank>}
      </section>
    </>
  );
}

function said(open: boolean, held: boolean, refusal: Refusal | undefined): string {
  if (refusal) return `${refusal.message}${refusal.passes ? " Trying again." : ""}`;
  if (!open) return "Connecting…";
  return held ? "Held: the list stands still." : "Following";
}
