// Where the user is: path and query string, as signals. Everything that is worth sharing stands in the URL.
import { computed, signal } from "@preact/signals";

const here = signal(read());

function read(): { path: string; search: string } {
  return typeof location === "undefined" ? { path: "/", search: "" } : { path: location.pathname, search: location.search };
}

export const path = computed(() => here.value.path.replace(/\/+$/, "") || "/");
export const params = computed(() => new URLSearchParams(here.value.search));

/** A parameter of the URL; empty without one. */
export function param(name: string): string {
  return params.value.get(name) ?? "";
}

/** What stays when the view changes: project and range. */
const SHARED = ["project", "from", "to"];

/** The address of a view with these parameters; project and range are kept unless they are named. */
export function link(to: string, values: Record<string, string | undefined> = {}): string {
  const query = new URLSearchParams();
  for (const name of SHARED) {
    const value = params.value.get(name);
    if (value) query.set(name, value);
  }
  return joined(to, query, values);
}

/** The address of this view with some parameters changed; empty ones go away. */
export function changed(values: Record<string, string | undefined>): string {
  return joined(here.value.path, new URLSearchParams(here.value.search), values);
}

function joined(to: string, query: URLSearchParams, values: Record<string, string | undefined>): string {
  for (const [name, value] of Object.entries(values)) {
    if (value) query.set(name, value);
    else query.delete(name);
  }
  const text = query.toString().replaceAll("%3A", ":").replaceAll("%2C", ",");
  return text ? `${to}?${text}` : to;
}

export function go(url: string, how: "push" | "replace" = "push"): void {
  if (how === "replace") history.replaceState(null, "", url);
  else history.pushState(null, "", url);
  const moved = location.pathname !== here.value.path;
  here.value = read();
  if (moved) scrollTo(0, 0);
}

/** Takes over clicks on links of the dashboard; those with a modifier, a target or a download stay the browser's. */
export function start(): void {
  addEventListener("popstate", () => {
    here.value = read();
  });
  addEventListener("click", (event) => {
    const anchor = (event.target as Element | null)?.closest?.("a");
    if (!anchor || event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const href = anchor.getAttribute("href") ?? "";
    if (anchor.target || anchor.hasAttribute("download") || !href.startsWith("/") || href.startsWith("//") || href.startsWith("/api/")) return;
    event.preventDefault();
    go(href);
  });
}
