// What a view shows of the API: asked when its parameters change, asked again by itself when something passing went
// wrong, and quietly at intervals where that is wanted. The last answer stays on the page meanwhile.
import { useEffect, useRef, useState } from "preact/hooks";
import { Refusal, address, get, type Values } from "./request";
import type { Get } from "./schema";
import { signedIn, signedOut } from "./session";

export interface Resource<T> {
  /** The newest answer; of the parameters before while `loading`. */
  data: T | undefined;
  refusal: Refusal | undefined;
  loading: boolean;
  /** Seconds until it is asked again by itself after a refusal. */
  again: number | undefined;
  reload: () => void;
}

/** Seconds until the next try, by how many failed. */
export function pause(failed: number, told?: number): number {
  return Math.max(told ?? 0, Math.min(30, 2 ** Math.min(failed, 5)));
}

interface State<T> {
  data: T | undefined;
  refusal: Refusal | undefined;
  loading: boolean;
  again: number | undefined;
}

/** `values` of null: nothing is asked. `every`: seconds between quiet questions while the page is seen. */
export function useApi<P extends keyof Get>(
  path: P,
  values: (Get[P]["path"] & Get[P]["query"]) | null,
  options: { every?: number; keep?: boolean } = {},
): Resource<Get[P]["answer"]> {
  type T = Get[P]["answer"];
  const key = values === null ? null : address(path, values as Values);
  const [state, set] = useState<State<T>>({ data: undefined, refusal: undefined, loading: key !== null, again: undefined });
  const [turn, reload] = useState(0);
  const shown = useRef<string | null>(null);
  const session = signedIn.value;
  useEffect(() => {
    if (key === null || values === null) return;
    const keep = options.keep !== false || shown.current === key;
    set((was) => ({ data: keep ? was.data : undefined, refusal: undefined, loading: true, again: undefined }));
    return asking<P>(path, values, options.every, (next) => {
      if (next.data !== undefined) shown.current = key;
      set((was) => ({ data: next.data ?? (keep ? was.data : undefined), refusal: next.refusal, loading: false, again: next.again }));
    });
  }, [key, turn, session]);
  return { ...state, reload: () => reload((n) => n + 1) };
}

interface Told<T> {
  data?: T;
  refusal?: Refusal | undefined;
  again?: number | undefined;
}

/** Asks until it is told to stop. */
function asking<P extends keyof Get>(
  path: P,
  values: Get[P]["path"] & Get[P]["query"],
  every: number | undefined,
  tell: (told: Told<Get[P]["answer"]>) => void,
): () => void {
  const stop = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failed = 0;
  const later = (seconds: number) => {
    timer = setTimeout(() => (document.hidden ? later(1) : void ask()), seconds * 1000);
  };
  const ask = async () => {
    try {
      const data = await get(path, values, stop.signal);
      failed = 0;
      tell({ data });
      if (every) later(every);
    } catch (error) {
      if (stop.signal.aborted) return;
      const refusal = error instanceof Refusal ? error : new Refusal(0, "broken", String(error));
      if (refusal.status === 401) signedOut.value = true;
      failed += 1;
      const again = refusal.passes ? pause(failed, refusal.retryAfter) : undefined;
      tell({ refusal, again });
      if (again) later(again);
    }
  };
  const online = () => {
    if (failed === 0) return;
    clearTimeout(timer);
    void ask();
  };
  addEventListener("online", online);
  void ask();
  return () => {
    stop.abort();
    clearTimeout(timer);
    removeEventListener("online", online);
  };
}
