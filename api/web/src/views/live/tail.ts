// The live tail as a list that is bounded: newest first, what comes too fast or waits while it is held is counted.
import type { Event } from "../../client/schema";

/** Most events that are kept on the page. */
export const KEPT = 200;

export interface Tail {
  shown: Event[];
  /** Came while the list was held, newest first. */
  waiting: Event[];
  /** That the server left out. */
  left: number;
  /** That came in all. */
  came: number;
}

export const EMPTY: Tail = { shown: [], waiting: [], left: 0, came: 0 };

/** The tail with these events more, in the order that they came. */
export function grown(tail: Tail, events: Event[], held: boolean): Tail {
  const newest = [...events].reverse();
  const came = tail.came + events.length;
  if (held) return { ...tail, waiting: [...newest, ...tail.waiting].slice(0, KEPT), came };
  return { ...tail, shown: [...newest, ...tail.waiting, ...tail.shown].slice(0, KEPT), waiting: [], came };
}
