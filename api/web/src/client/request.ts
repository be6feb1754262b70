// Asks the API. Every answer is data or a Refusal, which says what to tell people and when to ask again.
import type { Delete, Get, Post, Problem } from "./schema";

export type Values = Record<string, string | number | undefined | null>;

/** What went wrong with one request. */
export class Refusal extends Error {
  constructor(
    /** HTTP status; 0 when no answer came. */
    readonly status: number,
    readonly code: string,
    detail: string,
    /** Seconds after which asking again may help. */
    readonly retryAfter?: number,
    readonly errors: NonNullable<Problem["errors"]> = [],
    readonly requestId?: string,
  ) {
    super(detail);
  }

  /** Whether the same question may be answered later. */
  get passes(): boolean {
    return this.status === 0 || this.status === 429 || this.status === 503 || this.status === 502 || this.status === 504;
  }
}

type Params<O extends { path: object; query: object }> = O["path"] & O["query"];

/** The path with what stands in braces filled in, the rest as query string; empty values are left out. */
export function address(template: string, values: Values): string {
  const rest = new Map(Object.entries(values));
  const path = template.replace(/\{(\w+)\}/g, (_, key: string) => {
    const value = rest.get(key);
    rest.delete(key);
    return encodeURIComponent(String(value ?? ""));
  });
  const query = new URLSearchParams();
  for (const [key, value] of rest) if (value !== undefined && value !== null && value !== "") query.set(key, String(value));
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

export function get<P extends keyof Get>(path: P, values: Params<Get[P]>, signal?: AbortSignal): Promise<Get[P]["answer"]> {
  return send("GET", address(path, values as Values), undefined, signal) as Promise<Get[P]["answer"]>;
}

export function post<P extends keyof Post>(path: P, values: Params<Post[P]>, body: Post[P]["body"]): Promise<Post[P]["answer"]> {
  return send("POST", address(path, values as Values), body) as Promise<Post[P]["answer"]>;
}

export function remove<P extends keyof Delete>(path: P, values: Params<Delete[P]>): Promise<Delete[P]["answer"]> {
  return send("DELETE", address(path, values as Values)) as Promise<Delete[P]["answer"]>;
}

async function send(method: string, url: string, body?: unknown, signal?: AbortSignal): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(url, {
      method,
      signal: signal ?? null,
      credentials: "same-origin",
      headers: body === undefined ? {} : { "content-type": "application/json" },
      body: body === undefined ? null : JSON.stringify(body),
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Refusal(0, "no_answer", "Belfry can't be reached.");
  }
  if (response.status === 204) return undefined;
  if (response.ok) return answered(response);
  throw await refused(response);
}

async function answered(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    throw new Refusal(0, "no_answer", "The answer broke off.");
  }
}

async function refused(response: Response): Promise<Refusal> {
  const problem = (await response.json().catch(() => ({}))) as Partial<Problem>;
  const told = Number(response.headers.get("retry-after"));
  const after = problem.retry_after ?? (Number.isFinite(told) && told > 0 ? told : undefined);
  const detail = problem.detail ?? `The server answered with status ${response.status}.`;
  return new Refusal(response.status, problem.code ?? "unknown", detail, after ?? undefined, problem.errors ?? [], problem.request_id ?? undefined);
}
