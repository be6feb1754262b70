// The exceptions of an event with their frames.
import { useState } from "preact/hooks";
import { exact } from "../../client/format";
import { cut, line, seen } from "../../client/text";
import type { Frame } from "../../client/schema";
import { Long, Pairs } from "../../parts/long";
import { type Raised, hasMore, lines, parts, place, telling } from "./frames";

/** Frames that are drawn at first, and more with each click. */
const SOME = 60;
const MORE = 300;

export function Stack({ exceptions }: { exceptions: Raised[] }) {
  const [mine, setMine] = useState(true);
  const folds = exceptions.some(({ stack }) => stack?.frames?.some((frame) => frame.in_app) && stack.frames.some((frame) => !frame.in_app));
  return (
    <section class="panel stack">
      <header>
        <h2>Stack trace</h2>
        {folds && (
          <div class="right toggle" role="group" aria-label="Frames">
            <button type="button" aria-pressed={mine} onClick={() => setMine(true)}>Application</button>
            <button type="button" aria-pressed={!mine} onClick={() => setMine(false)}>All frames</button>
          </div>
        )}
      </header>
      {exceptions.slice(0, 20).map((exception, n) => <Thrown key={n} of={exception} mine={mine} first={n === 0} />)}
      {exceptions.length > 20 && <p class="aside">{exact(exceptions.length - 20)} more exceptions are in the raw JSON.</p>}
    </section>
  );
}

function Thrown({ of, mine, first }: { of: Raised; mine: boolean; first: boolean }) {
  const frames = of.stack?.frames ?? [];
  return (
    <div class="thrown">
      {(of.type || of.value) && (
        <div class="thrown-head">
          {!first && <span class="because">{of.cause ? line(of.cause, 60) : "caused by"}</span>}
          <h3>{line(of.type || "Error", 200)}</h3>
          {of.handled === false && <span class="chip unhandled">not handled</span>}
          {of.mechanism && <span class="chip" title="How it was caught">{line(of.mechanism, 40)}</span>}
          {of.value && <p><Long text={of.value} most={600} /></p>}
        </div>
      )}
      {frames.length > 0 ? <Frames frames={frames} omitted={of.stack?.frames_omitted ?? 0} mine={mine} /> : of.stack?.raw && <pre class="raw"><Long text={of.stack.raw} code /></pre>}
    </div>
  );
}

function Frames({ frames, omitted, mine }: { frames: Frame[]; omitted: number; mine: boolean }) {
  const [most, setMost] = useState(SOME);
  const [unfolded, unfold] = useState<number[]>([]);
  const open = telling(frames);
  const all = parts(frames, mine);
  return (
    <ol class="frames">
      {all.slice(0, most).map((part) => {
        if ("frame" in part) return <Call key={part.n} frame={part.frame} open={part.n === open} />;
        if (!unfolded.includes(part.n)) {
          return (
            <li key={`fold${part.n}`} class="fold">
              <button type="button" onClick={() => unfold([...unfolded, part.n])}>{exact(part.folded.length)} library frames</button>
            </li>
          );
        }
        return part.folded.slice(0, MORE).map((frame, n) => <Call key={`${part.n}.${n}`} frame={frame} open={false} />);
      })}
      {all.length > most && <li class="fold"><button type="button" onClick={() => setMost(most + MORE)}>{exact(all.length - most)} more frames</button></li>}
      {omitted > 0 && <li class="aside">{exact(omitted)} frames were cut out of the middle.</li>}
    </ol>
  );
}

function Call({ frame, open: first }: { frame: Frame; open: boolean }) {
  const [open, setOpen] = useState(first);
  const name = frame.function ?? frame.raw_function ?? "";
  const more = hasMore(frame);
  const head = (
    <>
      <span class="function code">{name ? line(name, 160) : <span class="soft">no name</span>}</span>
      <span class="place code" title={seen(cut(frame.abs_path ?? "", 500).text)}>{line(place(frame), 200)}</span>
      {frame.in_app && <span class="chip own">app</span>}
      {frame.counts === false && <span class="chip" title={line(frame.why ?? "", 200)}>not grouped by</span>}
    </>
  );
  return (
    <li class={`frame ${frame.in_app ? "own" : ""}`}>
      {more ? <button type="button" class="call" aria-expanded={open} onClick={() => setOpen(!open)}>{head}</button> : <div class="call">{head}</div>}
      {open && more && (
        <div class="inside">
          {frame.context_line && <Code frame={frame} />}
          {Object.keys(frame.vars ?? {}).length > 0 && <Pairs of={Object.entries(frame.vars ?? {})} />}
        </div>
      )}
    </li>
  );
}

function Code({ frame }: { frame: Frame }) {
  return (
    <div class="code-lines" tabIndex={0} role="group" aria-label="Code">
      {lines(frame).slice(0, 60).map((one, n) => (
        <div key={n} class={one.own ? "own" : ""}>
          <span class="number" aria-hidden="true">{one.number ?? ""}</span>
          <code>{seen(cut(one.text, 500).text) || " "}</code>
        </div>
      ))}
    </div>
  );
}
