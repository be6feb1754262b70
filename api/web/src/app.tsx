// Which view stands at which path.
import { useEffect } from "preact/hooks";
import { useApi } from "./client/resource";
import { signedOut } from "./client/session";
import { Bar } from "./frame/bar";
import { Help, useKeys } from "./frame/keys";
import { known } from "./frame/projects";
import { Blank } from "./parts/states";
import { link, path } from "./router";
import { Alone } from "./views/issue/alone";
import { Issue } from "./views/issue/issue";
import { Issues } from "./views/issues/issues";
import { Live } from "./views/live/live";
import { Overview } from "./views/overview/overview";
import { Projects } from "./views/projects/projects";
import { Search } from "./views/search/search";
import { SignIn } from "./views/signin/signin";
import { Start } from "./views/start/start";

/** The view of a path, and the title of its page. */
function routed(at: string): { title: string; view: preact.JSX.Element } {
  const parts = at.split("/").filter(Boolean).map(decoded);
  const [first, second] = parts;
  if (parts.length === 0) return { title: "Overview", view: <Overview /> };
  if (first === "issues" && parts.length === 1) return { title: "Issues", view: <Issues /> };
  if (first === "issues" && second && parts.length === 2) return { title: second, view: <Issue key={second} id={second} /> };
  if (first === "events" && second && parts.length === 2) return { title: "Event", view: <Alone key={second} id={second} /> };
  if (first === "search" && parts.length === 1) return { title: "Search", view: <Search /> };
  if (first === "live" && parts.length === 1) return { title: "Live", view: <Live /> };
  if (first === "projects" && parts.length === 1) return { title: "Projects", view: <Projects /> };
  if (first === "start" && parts.length === 1) return { title: "Send the first event", view: <Start /> };
  const missing = (
    <Blank title="There is nothing here">
      <p>The address may be cut short. <a href={link("/issues")}>Look at the issues</a> instead.</p>
    </Blank>
  );
  return { title: "Not found", view: missing };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function App() {
  return path.value === "/sign-in" || signedOut.value ? <SignIn /> : <Inside />;
}

function Inside() {
  const { title, view } = routed(path.value);
  const projects = useApi("/api/v1/projects", {});
  useKeys();
  useEffect(() => {
    document.title = `${title} · Belfry`;
  }, [title]);
  if (projects.data) known.value = projects.data.projects;
  return (
    <>
      <a class="skip" href="#view">Skip to the content</a>
      <Bar />
      <main class="view" id="view" tabIndex={-1}>{view}</main>
      <Help />
    </>
  );
}
