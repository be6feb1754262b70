// From an empty server to its first event: what to paste, with the DSN in place, and a look-out for what comes.
import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { useApi } from "../../client/resource";
import { known } from "../../frame/projects";
import { Shown } from "../../parts/states";
import { go, link, param } from "../../router";
import { PLATFORMS, type Platform, type Step } from "./platforms";

const chosen = signal<Platform | undefined>(undefined);

export function Start() {
  const project = param("project") || known.value[0]?.slug;
  return (
    <div class="start">
      <h1>Send the first event</h1>
      <p class="soft">Pick what your program is written in and run these steps. This page moves on by itself when the event is here.</p>
      {project ? <Steps key={project} project={project} /> : <p class="soft waiting">Looking for your project…</p>}
    </div>
  );
}

function Steps({ project }: { project: string }) {
  const keys = useApi("/api/v1/projects/{project}/keys", { project });
  const platform = chosen.value ?? PLATFORMS[0];
  return (
    <>
      <div class="platforms" role="group" aria-label="Platform">
        {PLATFORMS.map((one) => (
          <button key={one.name} type="button" class="button" aria-pressed={one === platform} onClick={() => (chosen.value = one)}>{one.name}</button>
        ))}
      </div>
      <Shown of={keys} lines={6}>
        {(data) => {
          const dsn = data.keys.find((key) => key.enabled)?.dsn;
          if (!dsn || !platform) return <p class="notice">The project has no key that is switched on; an admin can make one.</p>;
          return <ol class="steps-list">{platform.steps(dsn).map((step, n) => <Shell key={`${platform.name}${n}`} of={step} />)}</ol>;
        }}
      </Shown>
      <Lookout project={project} />
    </>
  );
}

function Shell({ of }: { of: Step }) {
  const [said, say] = useState("Copy");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(of.code);
      say("Copied");
    } catch {
      say("Select it by hand");
    }
  };
  return (
    <li class="panel">
      <header>
        <h2>{of.does}</h2>
        <button type="button" class="button right" onClick={() => void copy()}>{said}</button>
      </header>
      <pre tabIndex={0} aria-label={of.does}>{of.code}</pre>
    </li>
  );
}

/** Watches for an event that is newer than what there was, and opens its issue. */
function Lookout({ project }: { project: string }) {
  const events = useApi("/api/v1/issues", { project, from: "-7d", limit: 1, sort: "last_seen" }, { every: 2 });
  const newest = events.data?.issues[0];
  // By the times of events only: the clocks of browser and server may differ.
  const [was, setWas] = useState<string | undefined>();
  useEffect(() => {
    if (!events.data) return;
    if (was === undefined) setWas(newest?.last_seen ?? "");
    else if (newest && newest.last_seen > was) go(link(`/issues/${encodeURIComponent(newest.id)}`), "replace");
  }, [events.data]);
  return (
    <p class="lookout" role="status">
      <i class="waiting" aria-hidden="true" />
      {events.refusal ? "Belfry does not answer right now; trying again." : "Waiting for an event…"}
      {was && <a href={link("/issues")}>There are older ones already</a>}
    </p>
  );
}
