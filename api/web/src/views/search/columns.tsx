// Which columns the table has; they stand in the address.
import { COLUMNS } from "../../parts/events";
import { changed, go } from "../../router";

export function Columns({ chosen }: { chosen: string[] }) {
  const set = (columns: string[]) => go(changed({ columns: columns.length === 0 ? "none" : columns.join(",") }), "replace");
  const turn = (column: string, on: boolean) => set(on ? [...chosen, column] : chosen.filter((one) => one !== column));
  const add = (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const key = String(new FormData(form).get("key") ?? "").trim().replaceAll(",", "");
    if (key) turn(`tags.${key}`, true);
    form.reset();
  };
  return (
    <details class="menu columns-menu">
      <summary class="button">Columns</summary>
      <div class="sheet">
        <ul>
          {[...COLUMNS, ...chosen.filter((column) => !COLUMNS.includes(column))].map((column) => (
            <li key={column}>
              <label class="check"><input type="checkbox" checked={chosen.includes(column)} onChange={(event) => turn(column, event.currentTarget.checked)} /> {column}</label>
            </li>
          ))}
        </ul>
        <form onSubmit={add}>
          <label>A tag<input class="field" name="key" maxLength={200} placeholder="tenant" /></label>
          <button type="submit" class="button">Add</button>
        </form>
      </div>
    </details>
  );
}
