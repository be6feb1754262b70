// Counts over time as bars: stacked groups, releases as marks, what is not over yet hatched, and a drag zooms in.
import { useMemo, useRef, useState } from "preact/hooks";
import { count, exact, local, tick, utc } from "../client/format";
import { line } from "../client/text";
import { zoom } from "../frame/range";

export interface Series {
  name: string;
  /** A class of the chart's style: s0, s1, ..., rest, or a severity. */
  look: string;
  counts: number[];
}

export interface Mark {
  at: number;
  name: string;
}

interface Props {
  /** Beginning of each bucket in milliseconds, and the end of the last one. */
  starts: number[];
  end: number;
  series: Series[];
  marks?: Mark[];
  /** Indices of buckets that the range cuts or that still run. */
  partial?: Set<number>;
  label: string;
  tall?: boolean;
}

const W = 1000;

/** Round numbers for an axis up to at least `most`. */
export function scale(most: number): number {
  const rough = Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough));
  for (const step of [1, 2, 2.5, 5, 10]) if (step * power >= rough && (step !== 2.5 || power > 1)) return step * power;
  return 10 * power;
}

export function Chart({ starts, end, series, marks = [], partial, label, tall }: Props) {
  const [at, setAt] = useState<number | undefined>();
  const [drag, setDrag] = useState<[number, number] | undefined>();
  const root = useRef<HTMLDivElement>(null);
  const begin = starts[0] ?? 0;
  const span = Math.max(1, end - begin);
  const totals = useMemo(() => starts.map((_, n) => series.reduce((sum, one) => sum + (one.counts[n] ?? 0), 0)), [starts, series]);
  const top = scale(Math.max(...totals, 0));
  const x = (time: number) => ((time - begin) / span) * W;
  const timeAt = (event: PointerEvent) => {
    const box = root.current?.getBoundingClientRect();
    if (!box) return begin;
    return begin + Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * span;
  };
  const bucketAt = (time: number) => Math.max(0, starts.findLastIndex((start) => start <= time));
  const move = (event: PointerEvent) => {
    const time = timeAt(event);
    setAt(bucketAt(time));
    if (drag) setDrag([drag[0], time]);
  };
  const up = () => {
    if (drag && Math.abs(drag[1] - drag[0]) > span / 200) {
      const [from, to] = [Math.min(...drag), Math.max(...drag)];
      const last = bucketAt(to);
      zoom(starts[bucketAt(from)] ?? from, starts[last + 1] ?? end);
    }
    setDrag(undefined);
  };
  const step = (starts[1] ?? end) - begin;
  return (
    <figure class={`chart ${tall ? "tall" : ""}`}>
      <div
        class="plot"
        ref={root}
        onPointerMove={move}
        onPointerLeave={() => setAt(undefined)}
        onPointerDown={(event) => {
          if (event.button !== 0 || event.pointerType === "touch") return;
          event.currentTarget.setPointerCapture(event.pointerId);
          setDrag([timeAt(event), timeAt(event)]);
        }}
        onPointerUp={up}
        onPointerCancel={() => setDrag(undefined)}
      >
        <svg viewBox={`0 0 ${W} 100`} preserveAspectRatio="none" role="img" aria-label={label}>
          <defs>
            <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
              <rect width="3" height="6" class="hatch" />
            </pattern>
          </defs>
          {[0.5, 1].map((part) => <line key={part} class="grid" x1="0" x2={W} y1={100 - part * 100} y2={100 - part * 100} />)}
          {starts.map((start, n) => (
            <Bucket key={start} left={x(start)} right={x(starts[n + 1] ?? end)} n={n} top={top} series={series} partial={partial?.has(n) ?? false} active={at === n} />
          ))}
          <line class="ground" x1="0" x2={W} y1="100" y2="100" />
          {marks.map((mark) => <line key={`${mark.at}${mark.name}`} class="mark" x1={x(mark.at)} x2={x(mark.at)} y1="0" y2="100" />)}
          {drag && <rect class="drag" x={x(Math.min(...drag))} width={x(Math.max(...drag)) - x(Math.min(...drag))} y="0" height="100" />}
        </svg>
        <span class="top">{count(top)}</span>
        {spread(marks, x).map((mark) => (
          <span key={`${mark.at}${mark.name}`} class="release one-line" style={{ left: `${x(mark.at) / 10}%` }} title={`${line(mark.name)}\nfirst seen ${local(mark.at)}`}>{line(mark.name, 40)}</span>
        ))}
        {at !== undefined && starts[at] !== undefined && (
          <Tip left={x(starts[at]) / W} start={starts[at]} total={totals[at] ?? 0} n={at} series={series} partial={partial?.has(at) ?? false} />
        )}
      </div>
      <div class="ticks" aria-hidden="true">
        {ticks(starts, step).map((time) => <span key={time} style={{ left: `${x(time) / 10}%` }}>{tick(time, step / 1000)}</span>)}
      </div>
    </figure>
  );
}

/** The marks whose names have room beside each other. */
function spread(marks: Mark[], x: (time: number) => number): Mark[] {
  let free = -1;
  return [...marks].sort((a, b) => a.at - b.at).filter((mark) => {
    if (x(mark.at) < free) return false;
    free = x(mark.at) + 130;
    return x(mark.at) < W * 0.93;
  });
}

/** At most six times for the axis. */
function ticks(starts: number[], step: number): number[] {
  const every = Math.max(1, Math.ceil(starts.length / 6));
  return step > 0 ? starts.filter((_, n) => n % every === 0 && n < starts.length * 0.96) : [];
}

interface Stack {
  left: number;
  right: number;
  n: number;
  top: number;
  series: Series[];
  partial: boolean;
  active: boolean;
}

function Bucket({ left, right, n, top, series, partial, active }: Stack) {
  const width = Math.max(1, (right - left) * 0.84);
  let base = 100;
  return (
    <g class={active ? "active" : ""}>
      {series.map((one) => {
        const value = one.counts[n] ?? 0;
        if (value === 0) return null;
        const height = Math.max(1, (value / top) * 100);
        base -= height;
        return <rect key={one.name} class={one.look} x={left} width={width} y={base} height={height} />;
      })}
      {partial && base < 100 && <rect class="over" fill="url(#hatch)" x={left} width={width} y={base} height={100 - base} />}
    </g>
  );
}

function Tip({ left, start, total, n, series, partial }: { left: number; start: number; total: number; n: number; series: Series[]; partial: boolean }) {
  const some = series.filter((one) => (one.counts[n] ?? 0) > 0);
  return (
    <div class={`tip ${left > 0.6 ? "before" : ""}`} style={{ left: `${left * 100}%` }}>
      <strong title={utc(start)}>{local(start)}</strong>
      <div>{exact(total)} {total === 1 ? "event" : "events"}{partial && <span class="soft"> so far</span>}</div>
      {series.length > 1 && some.map((one) => (
        <div key={one.name} class="entry"><i class={one.look} /><span class="one-line">{line(one.name, 60)}</span><b>{exact(one.counts[n] ?? 0)}</b></div>
      ))}
    </div>
  );
}
