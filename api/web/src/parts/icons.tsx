// The few pictures there are. Severities have a shape each, so that colour is never all that tells them apart.
import type { Severity } from "../client/schema";

const SHAPES: Record<Severity, preact.JSX.Element> = {
  critical: <path d="M5 1h6l4 4v6l-4 4H5l-4-4V5z" fill="currentColor" />,
  error: <circle cx="8" cy="8" r="6" fill="currentColor" />,
  warning: <path d="M8 1.500 15 14H1z" fill="currentColor" />,
  info: <circle cx="8" cy="8" r="5" fill="none" stroke="currentColor" stroke-width="2.500" />,
  debug: <circle cx="8" cy="8" r="2.500" fill="currentColor" />,
};

export function Level({ of, named }: { of: Severity; named?: boolean }) {
  return (
    <span class={`level ${of}`} title={of}>
      <svg viewBox="0 0 16 16" width="12" height="12" aria-hidden="true">{SHAPES[of]}</svg>
      <span class={named ? "" : "hidden"}>{of}</span>
    </span>
  );
}

export function Bell() {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="7" fill="var(--accent)" />
      <path
        d="M16 6c-4.400 0-6.600 3.200-6.600 7.400 0 4.600-1.600 6.300-2.400 7.400h18c-.8-1.100-2.400-2.800-2.400-7.400C22.600 9.200 20.400 6 16 6zm-2.600 16.800a2.700 2.700 0 0 0 5.200 0z"
        fill="var(--on-accent)"
      />
    </svg>
  );
}

const LINES = {
  moon: "M13.500 9.500A6 6 0 0 1 6.500 2.500a6 6 0 1 0 7 7z",
  sun: "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 1v1.500M8 13.500V15M1 8h1.500M13.500 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1",
  help: "M5.500 6a2.500 2.500 0 1 1 3.500 2.300c-.7.3-1 .8-1 1.700M8 12.500v.5",
  out: "M6 2H3v12h3M10 5l3 3-3 3M13 8H6",
  copy: "M5 5h8v9H5zM3 11V2h8",
} as const;

export function Icon({ name }: { name: keyof typeof LINES }) {
  return (
    <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.500" stroke-linecap="round" stroke-linejoin="round">
      <path d={LINES[name]} />
    </svg>
  );
}
