// A table of events with chosen columns.
import type { Event } from "../client/schema";
import { line } from "../client/text";
import { link } from "../router";
import { Level } from "./icons";
import { Time } from "./time";

const OF: Record<string, (event: Event) => unknown> = {
  service: (event) => event.service,
  environment: (event) => event.environment,
  release: (event) => event.release,
  host: (event) => event.host,
  transaction: (event) => event.transaction,
  culprit: (event) => event.culprit,
  logger: (event) => event.logger,
  platform: (event) => event.platform,
  category: (event) => event.category,
  priority: (event) => event.priority,
  "error.type": (event) => event.error?.type,
  message: (event) => event.error?.message ?? event.message?.formatted,
  "user.id": (event) => event.user?.id,
  session: (event) => event.session_id,
  trace_id: (event) => event.trace?.trace_id,
  correlation_id: (event) => event.trace?.correlation_id,
  method: (event) => event.request?.method,
  url: (event) => event.request?.url,
  status: (event) => event.call?.status_code ?? event.request?.status_code,
  browser: (event) => event.user_agent?.name,
  os: (event) => event.user_agent?.os,
};

/** The columns that there are besides time and title, and `tags.KEY` for any key. */
export const COLUMNS = Object.keys(OF);

export const USUAL_COLUMNS = ["service", "environment", "release"];

export function cell(event: Event, column: string): string {
  const value = column.startsWith("tags.") ? event.tags?.[column.slice(5)] : OF[column]?.(event);
  return value === undefined || value === null ? "" : line(String(value), 200);
}

export function EventTable({ events, columns, whole }: { events: Event[]; columns: string[]; whole?: boolean }) {
  return (
    <div class="events">
      <table>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Event</th>
            {columns.map((column) => <th key={column} scope="col">{line(column, 60)}</th>)}
          </tr>
        </thead>
        <tbody>
          {events.map((event) => (
            <tr key={`${event.project}${event.id}`}>
              <td class="at"><Time at={event.timestamp} whole={whole ?? false} /></td>
              <td class="what">
                <a href={link(`/events/${event.id}`, { of: String(event.project) })}>
                  <Level of={event.severity ?? "error"} />
                  <span>{line(event.title ?? event.id, 300)}</span>
                </a>
              </td>
              {columns.map((column) => <td key={column} title={cell(event, column)}>{cell(event, column)}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
