// The keys of a project, as DSNs: where its programs send to.
import { useState } from "preact/hooks";
import { Refusal, post } from "../../client/request";
import { useApi } from "../../client/resource";
import type { Key, Project } from "../../client/schema";
import { Shown } from "../../parts/states";
import { Time } from "../../parts/time";
import { link } from "../../router";

export function Keys({ project, makes }: { project: Project; makes: boolean }) {
  const keys = useApi("/api/v1/projects/{project}/keys", { project: project.slug });
  const [trouble, setTrouble] = useState("");
  const make = async () => {
    setTrouble("");
    try {
      await post("/api/v1/projects/{project}/keys", { project: project.slug }, undefined);
      keys.reload();
    } catch (error) {
      setTrouble(error instanceof Refusal ? error.message : String(error));
    }
  };
  return (
    <div class="body">
      <Shown of={keys} lines={1}>
        {(data) => <ul class="keys">{data.keys.map((key) => <One key={key.key} of={key} />)}</ul>}
      </Shown>
      <p class="acts">
        <a class="button" href={link("/start", { project: project.slug })}>Set up a program</a>
        {makes && <button type="button" class="button bare" onClick={() => void make()}>One more key</button>}
      </p>
      {trouble && <p role="alert" class="trouble">{trouble}</p>}
    </div>
  );
}

function One({ of }: { of: Key }) {
  const [said, say] = useState("Copy");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(of.dsn);
      say("Copied");
    } catch {
      say("Select it by hand");
    }
  };
  return (
    <li>
      <code>{of.dsn}</code>
      {!of.enabled && <span class="chip">off</span>}
      {of.rotated && <span class="chip">replaced</span>}
      <span class="soft"><Time at={of.created_at} /></span>
      <button type="button" class="button" onClick={() => void copy()}>{said}</button>
    </li>
  );
}
