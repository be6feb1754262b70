/** Goes to the next or previous of these links, from the one that has the focus. */
export function step(selector: string, by: number): void {
  const all = [...document.querySelectorAll<HTMLAnchorElement>(selector)];
  const now = all.indexOf(document.activeElement as HTMLAnchorElement);
  const to = all[Math.min(all.length - 1, Math.max(0, now + by))];
  to?.focus({ preventScroll: true });
  to?.scrollIntoView({ block: "nearest" });
}
