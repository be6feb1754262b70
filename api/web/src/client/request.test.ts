import { afterEach, describe, expect, it, vi } from "vitest";
import { Refusal, address, get, post } from "./request";
import { pause } from "./resource";
import { tokenOf } from "./session";

afterEach(() => vi.unstubAllGlobals());

function answering(status: number, body: unknown, headers: Record<string, string> = {}) {
  const fetched = vi.fn(async () => new Response(typeof body === "string" ? body : JSON.stringify(body), { status, headers }));
  vi.stubGlobal("fetch", fetched);
  return fetched;
}

async function refusal(): Promise<Refusal> {
  return get("/api/v1/projects", {}).then(() => Promise.reject(new Error("it was answered")), (error: Refusal) => error);
}

describe("addresses", () => {
  it("fill in the path, keep the rest as parameters and leave out what is empty", () => {
    expect(address("/api/v1/issues/{id}/tags", { id: "a/b?c", from: "-7d", to: undefined, query: "" })).toBe("/api/v1/issues/a%2Fb%3Fc/tags?from=-7d");
    expect(address("/api/v1/issues", { query: 'a:"b c"&d' })).toBe("/api/v1/issues?query=a%3A%22b+c%22%26d");
  });
});

describe("answers", () => {
  it("are data", async () => {
    answering(200, { projects: [] });
    expect(await get("/api/v1/projects", {})).toEqual({ projects: [] });
  });

  it("that refuse say why and when to ask again", async () => {
    answering(429, { code: "too_many_requests", detail: "too often", retry_after: 7, status: 429, title: "", type: "" });
    expect(await refusal()).toMatchObject({ status: 429, code: "too_many_requests", message: "too often", retryAfter: 7, passes: true });
    answering(503, "<html>", { "retry-after": "3" });
    expect(await refusal()).toMatchObject({ status: 503, code: "unknown", retryAfter: 3, passes: true });
    answering(400, { code: "invalid_query", detail: "query: no" });
    expect(await refusal()).toMatchObject({ status: 400, passes: false });
  });

  it("that break off or never come can be asked for again", async () => {
    answering(200, '{"projects":[');
    expect(await refusal()).toMatchObject({ status: 0, passes: true });
    vi.stubGlobal("fetch", async () => Promise.reject(new TypeError("failed")));
    expect(await refusal()).toMatchObject({ status: 0, code: "no_answer", passes: true });
  });

  it("to a change carry its body", async () => {
    const fetched = answering(200, { role: "admin", projects: null });
    await post("/api/v1/session", {}, { token: "t" });
    expect(fetched).toHaveBeenCalledWith("/api/v1/session", expect.objectContaining({ method: "POST", body: '{"token":"t"}' }));
  });
});

describe("asking again", () => {
  it("waits longer each time, up to half a minute, and never less than it was told", () => {
    expect([1, 2, 3, 4, 5, 50].map((failed) => pause(failed))).toEqual([2, 4, 8, 16, 30, 30]);
    expect(pause(1, 12)).toBe(12);
    expect(pause(5, 60)).toBe(60);
  });
});

describe("sign-in links", () => {
  it("carry the token behind the hash", () => {
    expect(tokenOf("#token=belfry_abc")).toBe("belfry_abc");
    expect(tokenOf("#token=a%20b")).toBe("a b");
    for (const none of ["", "#", "#x=1", "#token="]) expect(tokenOf(none)).toBe("");
  });
});
