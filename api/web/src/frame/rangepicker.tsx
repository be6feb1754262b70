// Chooses the range of time: a preset, or two local times.
import { useEffect, useRef, useState } from "preact/hooks";
import { local } from "../client/format";
import { changed, go, param, path } from "../router";
import { PRESETS, range, setRange } from "./range";

/** What a range is called. */
export function called(from: string, to?: string): string {
  const preset = to ? undefined : PRESETS.find(([value]) => value === from);
  if (preset) return preset[1];
  const short = (time: string) => (Number.isNaN(Date.parse(time)) ? time : local(time).slice(0, 16));
  return `${short(from)} – ${to ? short(to) : "now"}`;
}

/** As `<input type="datetime-local">` has it. */
function typed(time: string | undefined): string {
  const at = time && !Number.isNaN(Date.parse(time)) ? time : new Date().toISOString();
  return local(at).slice(0, 16).replace(" ", "T");
}

export function RangePicker() {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  // An issue without a range is shown whole.
  const whole = path.value.startsWith("/issues/");
  const { from, to } = range.value;
  const all = whole && param("from") === "" && !to;
  useEffect(() => {
    if (!open) return;
    const away = (event: Event) => {
      if (event instanceof KeyboardEvent ? event.key === "Escape" : !root.current?.contains(event.target as Node)) setOpen(false);
    };
    addEventListener("pointerdown", away);
    addEventListener("keydown", away);
    return () => {
      removeEventListener("pointerdown", away);
      removeEventListener("keydown", away);
    };
  }, [open]);
  const choose = (next: { from: string; to?: string }) => {
    setRange(next);
    setOpen(false);
  };
  return (
    <div class="menu" ref={root}>
      <button type="button" class="button range" aria-expanded={open} aria-haspopup="true" onClick={() => setOpen(!open)}>
        <span class="one-line">{all ? "All its time" : called(from, to)}</span>
        <span aria-hidden="true">▾</span>
      </button>
      {open && (
        <div class="sheet">
          {whole && <button type="button" class="choice" aria-pressed={all} onClick={() => { go(changed({ from: undefined, to: undefined })); setOpen(false); }}>All its time</button>}
          {PRESETS.map(([value, name]) => (
            <button key={value} type="button" class="choice" aria-pressed={value === from && !to && !all} onClick={() => choose({ from: value })}>{name}</button>
          ))}
          <Own from={from} to={to} choose={choose} />
        </div>
      )}
    </div>
  );
}

function Own({ from, to, choose }: { from: string; to: string | undefined; choose: (range: { from: string; to?: string }) => void }) {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget as HTMLFormElement);
    const time = (name: string) => new Date(String(data.get(name)));
    const [begin, end] = [time("from"), time("to")];
    if (!Number.isNaN(begin.getTime()) && begin < end) choose({ from: begin.toISOString(), to: end.toISOString() });
  };
  return (
    <form onSubmit={submit}>
      <label>From<input class="field" type="datetime-local" name="from" required defaultValue={typed(from)} /></label>
      <label>To<input class="field" type="datetime-local" name="to" required defaultValue={typed(to)} /></label>
      <button type="submit" class="button">Show this time</button>
    </form>
  );
}
