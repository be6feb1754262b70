// The one bar: where one is, which project, which time.
import { signal } from "@preact/signals";
import { signOut } from "../client/session";
import { Bell, Icon } from "../parts/icons";
import { changed, go, link, param, path } from "../router";
import { helpShown } from "./keys";
import { known } from "./projects";
import { RangePicker } from "./rangepicker";

export const VIEWS = [
  { path: "/", name: "Overview", key: "o" },
  { path: "/issues", name: "Issues", key: "i" },
  { path: "/search", name: "Search", key: "s" },
  { path: "/live", name: "Live", key: "l" },
  { path: "/projects", name: "Projects", key: "p" },
] as const;

export function Bar() {
  const here = path.value;
  return (
    <header class="bar">
      <a class="brand" href={link("/")} aria-label="Belfry">
        <Bell />
        <span aria-hidden="true">Belfry</span>
      </a>
      <nav aria-label="Views">
        {VIEWS.map(({ path: to, name }) => (
          <a key={to} href={link(to)} aria-current={here === to || (to !== "/" && here.startsWith(`${to}/`)) ? "page" : undefined}>{name}</a>
        ))}
      </nav>
      <div class="scope">
        <ProjectPicker />
        {here !== "/live" && <RangePicker />}
      </div>
      <Theme />
      <button type="button" class="icon help" title="Keyboard (?)" onClick={() => (helpShown.value = true)}>
        <Icon name="help" />
        <span class="hidden">Keyboard</span>
      </button>
      <button type="button" class="icon" title="Sign out" onClick={() => void signOut().catch(() => undefined)}>
        <Icon name="out" />
        <span class="hidden">Sign out</span>
      </button>
    </header>
  );
}

function ProjectPicker() {
  const chosen = param("project");
  const missing = chosen !== "" && !known.value.some((project) => project.slug === chosen);
  const choose = (slug: string) => go(changed({ project: slug || undefined, cursor: undefined }));
  return (
    <select class="field" aria-label="Project" value={chosen} onChange={(event) => choose(event.currentTarget.value)}>
      <option value="">All projects</option>
      {missing && <option value={chosen}>{chosen}</option>}
      {known.value.map((project) => <option key={project.id} value={project.slug}>{project.name}</option>)}
    </select>
  );
}

const KEPT = "belfry.theme";
const theme = signal<string>(document.documentElement.dataset.theme ?? "");

function Theme() {
  const dark = theme.value ? theme.value === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const turn = () => {
    const next = dark ? "light" : "dark";
    document.documentElement.dataset.theme = next;
    theme.value = next;
    try {
      localStorage.setItem(KEPT, next);
    } catch {
      // Without storage it lasts as long as the page.
    }
  };
  return (
    <button type="button" class="icon" title={dark ? "Light" : "Dark"} onClick={turn}>
      <Icon name={dark ? "sun" : "moon"} />
      <span class="hidden">{dark ? "Light theme" : "Dark theme"}</span>
    </button>
  );
}
