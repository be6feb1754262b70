// Making issues one, and taking that back. What moved is told by the history; an undo puts exactly that back.
import { useState } from "preact/hooks";
import { Refusal, post } from "../../client/request";
import { useApi } from "../../client/resource";
import type { IssueChange, OneIssue } from "../../client/schema";
import { Time } from "../../parts/time";
import { go, link } from "../../router";

export function Merge({ issue }: { issue: OneIssue }) {
  const session = useApi("/api/v1/session", {});
  const history = useApi("/api/v1/issues/{id}/history", { id: issue.id });
  const [trouble, setTrouble] = useState("");
  const changes = history.data?.changes ?? [];
  const may = session.data !== undefined && session.data.role !== "viewer";
  if (!may && changes.length === 0) return null;
  const change = async (act: () => Promise<unknown>) => {
    setTrouble("");
    try {
      await act();
      history.reload();
      go(link(`/issues/${encodeURIComponent(issue.id)}`));
    } catch (error) {
      setTrouble(error instanceof Refusal ? error.message : String(error));
    }
  };
  const merge = (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const other = String(new FormData(form).get("other") ?? "").trim().split("/").at(-1) ?? "";
    if (other) void change(() => post("/api/v1/issues/{id}/merge", { id: issue.id }, { issues: [other] }).then(() => form.reset()));
  };
  return (
    <section class="panel merge">
      <header><h2>Merging</h2></header>
      <div class="body">
        {may && (
          <form onSubmit={merge}>
            <input class="field" name="other" required aria-label="Issue to merge into this one" placeholder="Id of an issue to merge into this" maxLength={200} />
            <button type="submit" class="button">Merge</button>
          </form>
        )}
        {trouble && <p role="alert" class="trouble">{trouble}</p>}
        <ol>
          {changes.slice(0, 10).map((one) => <Change key={one.id} of={one} may={may} undo={() => void change(() => post("/api/v1/issues/{id}/undo", { id: issue.id }, { change: one.id }))} undone={changes.some((other) => other.undone === one.id)} />)}
        </ol>
      </div>
    </section>
  );
}

function Change({ of, may, undo, undone }: { of: IssueChange; may: boolean; undo: () => void; undone: boolean }) {
  const names = [...new Set(of.moves.map((move) => move.issue))].slice(0, 5).join(", ");
  const did = { merge: "Merged", split: "Split off", undo: "Took back" }[of.what];
  return (
    <li>
      <span>{did} {names} <span class="soft"><Time at={of.at} /></span></span>
      {may && of.what !== "undo" && !undone && <button type="button" class="link" onClick={undo}>Undo</button>}
    </li>
  );
}
