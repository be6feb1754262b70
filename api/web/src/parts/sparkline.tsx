// Counts over time, as small as a word. The last bucket is not over yet where the range runs on.
export function Sparkline({ counts, unfinished, label }: { counts: number[]; unfinished: boolean; label: string }) {
  const most = Math.max(1, ...counts);
  const width = 100 / Math.max(1, counts.length);
  return (
    <svg class="sparkline" viewBox="0 0 100 24" preserveAspectRatio="none" role="img" aria-label={label}>
      <line x1="0" x2="100" y1="23.500" y2="23.500" class="ground" />
      {counts.map((count, n) => {
        if (count === 0) return null;
        const height = Math.max(2, (count / most) * 22);
        const last = unfinished && n === counts.length - 1;
        return <rect key={n} x={n * width} width={Math.max(0.4, width * 0.82)} y={23 - height} height={height} class={last ? "unfinished" : ""} />;
      })}
    </svg>
  );
}
